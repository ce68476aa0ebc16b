"""The page about exports says of every field what its dataclass says, and its Python runs."""

from __future__ import annotations

import re
import textwrap

import pytest

from arenatest.exchange.columns import columns_of
from arenatest.exchange.rows import ROWS
from unit.docs.pages import ROOT, blocks, section, text

PAGE = ROOT / "docs" / "export.md"


def table(kind):
    """The fields of a row with their descriptions, as its docstring has them."""
    attributes = textwrap.dedent((kind.__doc__ or "").split("Attributes:\n")[1]).strip()
    entries = re.split(r"\n(?! )", attributes)
    lines = ["| field | |", "|---|---|"]
    for entry in entries:
        names, _, told = " ".join(entry.replace("``", "`").split()).partition(": ")
        lines.append(f"| {', '.join(f'`{name}`' for name in names.split(', '))} | {told} |")
    return "\n".join(lines)


@pytest.mark.parametrize("name", ROWS)
def test_the_table_of_a_file_is_that_of_its_row(name):
    assert table(ROWS[name]) in section(PAGE, f"`{name}`")


def test_the_files_are_listed_in_the_order_in_which_they_are_written():
    assert re.findall(r"^### `(\w+)`$", text(PAGE), re.MULTILINE) == list(ROWS)


def test_every_field_has_a_type_that_tables_can_hold():
    kinds = {column.kind for kind in ROWS.values() for column in columns_of(kind)}
    assert kinds == {"text", "whole", "number", "truth", "texts", "numbers", "json"}


def test_the_python_of_the_page_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pytest.importorskip("pandas", reason="pandas is not installed")
    from arenatest.exchange.export import export
    from arenatest.store import open_store
    from unit.exchange.evidence import evidence, whole_plan, whole_run

    with open_store(tmp_path / "store") as store:
        store.begin(whole_plan(), whole_run(), fresh=True, expire=0.0)
        store.write(evidence())
        for form in ("parquet", "jsonl"):
            folder = tmp_path / ("june" if form == "parquet" else "june-jsonl")
            export(store, store.runs(), folder, form=form, now=1.0)
    monkeypatch.chdir(tmp_path)
    code = [block.code for block in blocks(PAGE, "python")]
    assert code
    for one in code:
        exec(compile(one, str(PAGE), "exec"), {})  # noqa: S102
    shown = capsys.readouterr().out
    assert "new      0.75" in shown  # a win and a flip
    assert "p0" in shown
