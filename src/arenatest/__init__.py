"""Decides, in CI, whether a new language model may go out: a pytest plugin and its engine.

Nothing is imported here: a pytest run without ``--arena`` must not pay for it.
"""

__version__ = "0.1.0"
