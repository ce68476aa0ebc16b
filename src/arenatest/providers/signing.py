"""Signs requests to Amazon with botocore, by Signature Version 4."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from arenatest.errors import OptionError
from arenatest.providers.access import Access, read_key

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""The environment variables that must be set; ``AWS_SESSION_TOKEN`` goes with temporary ones."""

_SESSION = "AWS_SESSION_TOKEN"


class Signer:
    """Makes the headers that sign a request; no two requests have the same.

    Args:
        service: Of Amazon, as signatures name it.
        region: Of Amazon.
        endpoint: For messages.
    """

    def __init__(self, *, service: str, region: str, endpoint: str) -> None:
        self._service = service
        self._region = region
        self._endpoint = endpoint
        self._auth: Any = None

    def open(self, environ: Mapping[str, str]) -> Access:
        """Read the credentials, from the environment only.

        Raises:
            MissingKey: A variable is not set, or empty.
            OptionError: What it holds cannot be a key, or botocore is not installed.
        """
        check_botocore()
        from botocore.auth import SigV4Auth
        from botocore.credentials import Credentials

        key, secret = (read_key(environ, name, self._endpoint) for name in CREDENTIALS)
        token = read_key(environ, _SESSION, self._endpoint) if environ.get(_SESSION) else ""
        credentials = Credentials(key, secret, token or None)
        self._auth = SigV4Auth(credentials, self._service, self._region)
        return Access(secrets=(key, secret, token))

    def headers(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers, which are signed too, and those that sign them.

        Args:
            url: Where the request goes; it must be sent exactly so.
            body: Of the request.
            headers: That are sent with it; others may be, but are not signed.
        """
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method="POST", url=url, data=body, headers=dict(headers))
        self._auth.add_auth(request)
        return dict(request.headers.items())


def check_botocore() -> None:
    """Raise ``OptionError`` where botocore is not installed."""
    if find_spec("botocore") is None:
        raise OptionError("signing needs botocore: pip install 'arenatest[bedrock]'")
