import gc

from arenatest.arena.garbage import uncollected


def test_nothing_is_looked_through_meanwhile_and_afterwards_as_before():
    assert gc.isenabled()
    kept_aside = gc.get_freeze_count()

    with uncollected():
        assert not gc.isenabled()
        assert gc.get_freeze_count() > kept_aside

    assert gc.isenabled()
    assert bool(gc.get_freeze_count()) == bool(kept_aside)


def test_what_a_session_keeps_aside_stays_there():
    gc.freeze()
    try:
        with uncollected():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_who_never_looks_for_cycles_does_not_afterwards():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
