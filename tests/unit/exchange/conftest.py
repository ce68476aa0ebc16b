from __future__ import annotations

import pytest

from arenatest.exchange.export import export
from arenatest.store import open_store
from unit.exchange.evidence import evidence, whole_plan, whole_run


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store") as opened:
        opened.begin(whole_plan(), whole_run(), fresh=True, expire=0.0)
        opened.write(evidence())
        opened.finish("run-1", 1010.0)
        yield opened


@pytest.fixture
def exported(store, tmp_path):
    """Export the run in a format; return the folder and the manifest."""

    def exported_as(form, **options):
        folder = tmp_path / f"as-{form}"
        manifest = export(store, store.runs(), folder, form=form, now=2000.0, **options)
        return folder, manifest

    return exported_as
