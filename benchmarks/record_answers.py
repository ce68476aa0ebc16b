r"""Record what local models answer, with the times, for the provider ``replay``.

The files under ``suites/recorded/`` were made with::

    python benchmarks/record_answers.py --out suites/recorded/smollm2.jsonl
    python benchmarks/record_answers.py --out suites/recorded/smollm2-brief.jsonl \
        --system "You are a helpful assistant. Answer correctly and briefly."
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arenatest.hookspec import Call, Context, Provider
from arenatest.model.answer import Answer
from arenatest.model.prompt import Message, Prompt
from arenatest.providers.local import LOCAL, LocalOptions

SUITES = Path(__file__).resolve().parent.parent / "suites"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SUITES / "quickstart.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--system")
    parser.add_argument(
        "--params",
        type=json.loads,
        default={"temperature": 0, "max_tokens": 28, "seed": 1},
        help="a JSON object of sampling parameters",
    )
    asyncio.run(record(parser.parse_args()))


async def record(options: argparse.Namespace) -> None:
    provider = local_provider(options.model)
    await provider.open()
    lines = []
    try:
        for line in options.data.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            answer = await ask(provider, row["query"], options.system, options.params)
            if answer.failure is not None:
                raise SystemExit(f"{row['id']}: {answer.failure.message}")
            lines.append(json.dumps(recorded(row["id"], answer), ensure_ascii=False))
    finally:
        await provider.close()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} answers in {options.out}")


def local_provider(model: str) -> Provider:
    context = Context(
        directory=Path(), environ=dict(os.environ), clock=time.perf_counter, shared={}
    )
    return LOCAL.build(LocalOptions(model=model), context)


async def ask(provider: Provider, query: str, system: str | None, params: dict[str, Any]) -> Answer:
    user = Message(role="user", content=query)
    messages = (user,) if system is None else (Message(role="system", content=system), user)
    prompt = Prompt(id="record", messages=(user,), system=system)
    return await provider.answer(
        Call(chat_id="record", prompt=prompt, messages=messages, params=params, timeout=120.0)
    )


def recorded(prompt_id: str, answer: Answer) -> dict[str, Any]:
    """Return one line: seconds to a tenth of a millisecond, and nothing that is unknown."""
    assert answer.timing is not None
    timing = {
        key: _rounded(value)
        for key, value in asdict(answer.timing).items()
        if key not in {"source", "queue_wait"} and value is not None
    }
    usage = asdict(answer.usage) if answer.usage is not None else {}
    return {
        "prompt_id": prompt_id,
        "text": answer.text,
        "finish": answer.finish,
        "model": answer.model,
        "usage": {key: value for key, value in usage.items() if value is not None},
        "timing": timing,
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
