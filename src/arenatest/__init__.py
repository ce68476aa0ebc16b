"""Decides, in CI, whether a new language model may go out: a pytest plugin and its engine.

Nothing is imported here: a pytest run without ``--arena`` must not pay for it.

PYTEST_DONT_REWRITE: the command line imports this before pytest does, which would warn.
"""

__version__ = "0.1.0"
