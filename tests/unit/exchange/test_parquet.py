from __future__ import annotations

import sys

import pytest

from arenatest.errors import OptionError
from arenatest.exchange import parquet as parquet_module

pyarrow = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


def test_columns_are_typed_and_unknown_is_null(exported):
    folder, _ = exported("parquet")
    calls = pyarrow.read_table(folder / "calls.parquet")
    types = {field.name: str(field.type) for field in calls.schema}
    assert types["chat_id"] == "string"
    assert types["started"] == "double"
    assert types["input_tokens"] == "int64"
    assert types["final"] == "bool"
    assert types["gaps"].startswith("list<")
    found = {row["chat_id"]: row for row in calls.to_pylist()}
    assert found["elsewhere"]["cost"] is None
    assert found["c-0"]["ttft"] == 0.25
    assert len(found["c-0"]["gaps"]) == 2
    assert found["c-1"]["text"] == 'a\0b\ufffdc\u2028d\x85e\r\nf"g'
    metadata = pyarrow.ParquetFile(folder / "calls.parquet").metadata
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_long_table_is_written_group_by_group(exported, monkeypatch):
    monkeypatch.setattr(parquet_module, "_ROWS", 2)
    folder, manifest = exported("parquet")
    metadata = pyarrow.ParquetFile(folder / "battles.parquet").metadata
    assert metadata.num_row_groups == 2
    assert metadata.num_rows == manifest.files["battles.parquet"].rows == 4


def test_long_texts_end_a_group_early(exported, monkeypatch):
    monkeypatch.setattr(parquet_module, "_CHARACTERS", 1)
    folder, _ = exported("parquet")
    assert pyarrow.ParquetFile(folder / "battles.parquet").metadata.num_row_groups == 4


def test_without_pyarrow_the_error_names_the_extra(exported, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OptionError) as caught:
        exported("parquet")
    assert str(caught.value) == (
        "--format parquet: needs pyarrow, which is not installed\n"
        "  hint: pip install 'arenatest[parquet]'"
    )
    assert not (tmp_path / "as-parquet").exists()
