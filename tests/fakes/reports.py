"""What a report shows of runs, for tests that do not look at when and how it was asked for."""

from arenatest.report.view import view


def seen(*runs):
    return view(runs, finished=1.79e9, command="pytest --arena x")
