"""What having arenatest installed costs a pytest run that does not use it.

    python benchmarks/plain_pytest.py [--rounds 15]

Runs one trivial test with and without the plugin, and no other plugin, in turn. Prints the CPU of
both, the median difference and the ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def cpu(folder: Path, *options: str) -> float:
    """CPU seconds of one pytest run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # no other plugin's weather
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environ)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print both figures and how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
        cpu(folder)
        pairs = [(cpu(folder, "-p", "arenatest.plugin"), cpu(folder)) for _ in range(rounds)]
    with_, without = (statistics.median(column) for column in zip(*pairs, strict=True))
    extra = statistics.median(a - b for a, b in pairs)
    print(
        f"with {with_ * 1e3:.0f} ms, without {without * 1e3:.0f} ms: "
        f"{extra * 1e3:+.0f} ms, ratio {with_ / without:.3f}"
    )


if __name__ == "__main__":
    main()
