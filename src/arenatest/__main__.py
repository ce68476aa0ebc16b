"""``python -m arenatest``: the command line."""

from __future__ import annotations

from arenatest.cli import main

raise SystemExit(main())
