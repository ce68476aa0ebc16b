"""Imports LiteLLM so that it asks nobody, reads no file of settings and tells nothing."""

from __future__ import annotations

import os
import threading
import warnings
from typing import Any

_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches a list of prices when imported
    "LITELLM_MODE": "PRODUCTION",  # or it reads a file .env into the environment
}
_loading = threading.Lock()


def load() -> Any:
    """Return LiteLLM; the first call takes seconds, and may come from several threads at once."""
    with _loading:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        hush()
        import litellm

        litellm.telemetry = False
        litellm.suppress_debug_info = True  # or it prints advice on every error
        litellm.turn_off_message_logging = True
        return litellm


def hush() -> None:
    """Let LiteLLM warn of itself in silence; to be called before every call.

    A project that makes errors of warnings would make failed calls of these. LiteLLM ignores them
    too, but pytest sets the filters anew for every test.
    """
    warnings.filterwarnings("ignore", module=r"litellm\.")
    warnings.filterwarnings("ignore", message=r".*`ReadOnly` qualifier")
