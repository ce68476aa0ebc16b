import asyncio
import threading

import pytest

from arenatest.suite.calling import call_function


def call(function, *arguments):
    return asyncio.run(call_function(function, *arguments))


def test_a_plain_function_runs_in_a_daemon_thread_of_its_own():
    thread = call(threading.current_thread)
    assert thread is not threading.main_thread()
    assert thread.daemon


def test_an_async_function_runs_on_the_loop():
    async def where(what):
        return what, threading.current_thread()

    assert call(where, 1) == (1, threading.main_thread())


def test_an_object_with_an_async_call_is_awaited_on_the_loop():
    class Model:
        async def __call__(self):
            return threading.current_thread()

    assert call(Model()) is threading.main_thread()


def test_a_plain_function_may_return_something_to_await():
    async def later():
        return 7

    assert call(lambda: later()) == 7  # noqa: PLW0108 - plain on purpose


def test_what_it_raises_is_raised():
    with pytest.raises(KeyError, match="oops"):
        call(lambda: {}["oops"])


@pytest.mark.parametrize("error", [SystemExit(2), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_end_the_process_is_an_error_like_others(error):
    def stop():
        raise error

    with pytest.raises(RuntimeError, match=type(error).__name__):
        call(stop)


def test_many_blocking_calls_wait_together():
    barrier = threading.Barrier(40, timeout=10)

    async def all_at_once():
        await asyncio.gather(*(call_function(barrier.wait) for _ in range(40)))

    asyncio.run(all_at_once())
    assert barrier.n_waiting == 0
