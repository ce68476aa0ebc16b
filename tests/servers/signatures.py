"""Checks Signature Version 4 the way Amazon's documentation tells a server to; not with botocore.

See "Create a signed AWS API request" in the guide to Identity and Access Management.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\S+), "
    r"SignedHeaders=(?P<signed>\S+), Signature=(?P<signature>[0-9a-f]{64})"
)


def credential(headers: Mapping[str, str]) -> tuple[str, str]:
    """The id of the key that signed, and the scope."""
    found = _AUTHORIZATION.fullmatch(headers["authorization"])
    assert found, headers["authorization"]
    return found["key"], found["scope"]


def is_signed(method: str, path: str, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the signature of a request without a query is right.

    Args:
        method: Of HTTP.
        path: As it came, quoted as it was.
        headers: By names in lower case.
        body: As it came.
        secret: Of the key.
    """
    found = _AUTHORIZATION.fullmatch(headers["authorization"])
    assert found, headers["authorization"]
    names = found["signed"].split(";")
    assert {"host", "x-amz-date"} <= set(names)
    assert names == sorted(names)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    canonical = "\n".join(
        (method, quote(path, safe="/-_.~"), "", *lines, "", found["signed"], _sha256(body))
    )
    scope = found["scope"]
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{_sha256(canonical.encode())}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex() == found["signature"]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
