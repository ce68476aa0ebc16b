"""Ids as bytes: the hexadecimal digits that most of them end in take half their length.

An id is stored as one byte that is the length of what comes before the digits, that in UTF-8, and
the digits two by two. Where there are too many bytes before them, the first byte says so, and all
of the id follows in UTF-8. Of a server's own id, one byte says how it begins where many do so.
"""

from __future__ import annotations

from collections.abc import Iterator

from arenatest.store.codec import cell_from_text, text_from_cell

BEGINNINGS = {112: "chatcmpl-", 113: "req_", 114: "msg_", 115: "resp_", 116: "gen-"}
"""How ids of servers begin, by the byte that says so; it is ASCII, as are the two below."""
LONGEST = 111
"""Bytes before the digits that one byte is the length of."""
WHOLE = 127
"""The first byte of an id that is all there as it is."""

_DIGITS = "0123456789abcdef"
_PLAIN, _AS_IT_IS = b"\0", bytes([WHOLE])
_LENGTHS = tuple(bytes([length]) for length in range(WHOLE))
_BEGINNINGS = tuple(BEGINNINGS.values())


def id_to_bytes(text: str) -> bytes:
    r"""Return an id as it is stored: different ones differ, whatever characters they are of.

    Examples:
        >>> id_to_bytes("00ff7a"), id_to_bytes("req_7a"), id_to_bytes("a7")
        (b'\x00\x00\xffz', b'\x04req_z', b'\x00\xa7')
    """
    try:
        body = bytes.fromhex(text)
    except ValueError:
        return _parted(text)
    # nearly all of ours; capitals and blanks are taken, too, but do not come back
    return _PLAIN + body if body.hex() == text else _parted(text)


def server_id_to_bytes(text: str) -> bytes:
    r"""Return an id that a server gave, likewise.

    Examples:
        >>> server_id_to_bytes("req_7a"), server_id_to_bytes("7a")
        (b'q\x00z', b'\x00z')
    """
    if text.startswith(_BEGINNINGS):
        for mark, beginning in BEGINNINGS.items():
            if text.startswith(beginning):
                return _LENGTHS[mark] + _parted(text[len(beginning) :])
    return _parted(text)


def id_from_bytes(body: bytes) -> str:
    """Return the id that one of the two took.

    Raises:
        ValueError: It did not make these bytes.
    """
    if body[:1] == _PLAIN:  # as nearly all of ours
        return body[1:].hex()
    if body and body[0] in BEGINNINGS:
        return BEGINNINGS[body[0]] + _from_bytes(body[1:])
    return _from_bytes(body)


def ranges_of(beginning: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield ranges of bytes, the second end left out, that hold all ids which begin so.

    They are the ids whose digits begin within the beginning, or right behind it. Ids whose digits
    begin later are of :func:`range_of_length`.
    """
    cell = cell_from_text(beginning)
    digits = len(cell) - len(cell.rstrip(_DIGITS))
    for start in range(len(cell) - digits, len(cell) + 1):
        before = cell[:start].encode()
        if len(before) <= LONGEST:
            yield _between(bytes([len(before)]) + before, cell[start:])
    yield _between(_AS_IT_IS + cell.encode(), "")


def range_of_length(beginning: str, length: int) -> tuple[bytes, bytes | None]:
    """Return the range of ids that begin so, and whose digits come after so many bytes."""
    return _between(bytes([length]) + cell_from_text(beginning).encode(), "")


def _parted(text: str) -> bytes:
    """Return the bytes of any id: first what comes before its digits."""
    cell = cell_from_text(text)
    before = cell.rstrip(_DIGITS)
    start = len(before) + (len(cell) - len(before)) % 2
    head = cell[:start].encode()
    if len(head) > LONGEST:
        return _AS_IT_IS + cell.encode()
    return _LENGTHS[len(head)] + head + bytes.fromhex(cell[start:])


def _between(head: bytes, digits: str) -> tuple[bytes, bytes | None]:
    """Return the range of bytes with a head, and then with some digits."""
    whole = head + bytes.fromhex(digits[: len(digits) // 2 * 2])
    if len(digits) % 2 == 0:
        return whole, _after(whole)
    return whole + bytes.fromhex(f"{digits[-1]}0"), _after(whole + bytes.fromhex(f"{digits[-1]}f"))


def _after(body: bytes) -> bytes | None:
    """Return the first bytes that begin otherwise and come later; None where none do."""
    cut = body.rstrip(b"\xff")
    return cut[:-1] + bytes([cut[-1] + 1]) if cut else None


def _from_bytes(body: bytes) -> str:
    length = body[0] if body else WHOLE
    if length == 0:
        return body[1:].hex()
    if length == WHOLE:
        return text_from_cell(body[1:].decode())
    return text_from_cell(body[1 : 1 + length].decode() + body[1 + length :].hex())
