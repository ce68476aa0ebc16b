import gc

from arenatest.arena.garbage import seldom_collected, uncollected


def test_nothing_is_looked_through_meanwhile_and_afterwards_as_before():
    assert gc.isenabled()
    kept_aside = gc.get_freeze_count()

    with uncollected():
        assert not gc.isenabled()
        assert gc.get_freeze_count() > kept_aside

    assert gc.isenabled()
    assert bool(gc.get_freeze_count()) == bool(kept_aside)


def test_a_run_is_looked_through_less_often_and_afterwards_as_before():
    threshold = gc.get_threshold()

    with seldom_collected():
        assert gc.get_threshold()[0] > threshold[0]
        assert gc.get_freeze_count() > 0

    assert gc.get_threshold() == threshold
    assert gc.get_freeze_count() == 0


def test_what_a_run_keeps_aside_stays_there_until_its_end():
    with seldom_collected():
        with uncollected():
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_who_never_looks_for_cycles_does_not_afterwards():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
