"""Checks what is named by its own content: texts, prompts and plans against their hashes."""

from __future__ import annotations

import zlib
from hashlib import sha256

from sqlalchemy import Table, select

from arenatest.keeping.findings import AGAIN, Finding, Findings, unreadable
from arenatest.store import Store, schema
from arenatest.store.plans import read_plan
from arenatest.suite.plan_identity import plan_hash

_PAGE = 500  # rows read at once
_PIECE = 1 << 20  # bytes unpacked at once
_LARGEST = 1 << 30
_SHOWN = 16  # digits of a hash


def check_texts(store: Store, findings: Findings) -> None:
    """Check every text, and every prompt, against its hash; one is in memory at a time."""
    for table, what in ((schema.text, "text"), (schema.prompt, "prompt")):
        columns = (table.c.sha, table.c.compressed, table.c.body)
        query = select(*columns).execution_options(yield_per=_PAGE)
        with store.reading() as connection:
            for sha, compressed, body in connection.execute(query):
                findings.looked[f"{what}s"] += 1
                problem = _problem(bytes(sha), bytes(body), compressed=compressed)
                if problem:
                    findings.add(_finding(table, what, bytes(sha), problem))


def check_plans(store: Store, findings: Findings) -> None:
    """Check every plan against its hash; one is in memory at a time."""
    table = schema.plan
    with store.reading() as connection:
        hashes = list(connection.execute(select(table.c.hash).order_by(table.c.hash)).scalars())
    for wanted in hashes:
        findings.looked["plans"] += 1
        where = f"plan {wanted[:_SHOWN]}"
        try:
            with store.reading() as connection:
                found = plan_hash(read_plan(connection, wanted))
        except Exception as error:  # a damaged body may be anything
            if _is_there(store, wanted):  # it may have been pruned meanwhile
                findings.add(unreadable(where, error))
            continue
        if found != wanted:
            expected = "content with the hash that names it"
            said = f"content with the hash {found[:_SHOWN]}"
            findings.add(_named("plan", where, said, expected))


def _is_there(store: Store, plan: str) -> bool:
    query = select(schema.plan.c.hash).where(schema.plan.c.hash == plan)
    with store.reading() as connection:
        return connection.execute(query).first() is not None


def digest_of(body: bytes, *, compressed: bool) -> bytes:
    """Return the hash of what a body holds, unpacked piece by piece.

    Raises:
        ValueError: It cannot be unpacked, or is larger than any text.
    """
    if not compressed:
        return sha256(body).digest()
    digest, unpacked, rest = sha256(), 0, body
    unpacker = zlib.decompressobj()
    try:
        while rest and not unpacker.eof:
            piece = unpacker.decompress(rest, _PIECE)
            digest.update(piece)
            unpacked += len(piece)
            rest = unpacker.unconsumed_tail
            if unpacked > _LARGEST:
                raise ValueError("larger than any text")
        digest.update(unpacker.flush())
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError("cut short")
    return digest.digest()


def _problem(sha: bytes, body: bytes, *, compressed: bool) -> str:
    try:
        found = digest_of(body, compressed=compressed)
    except ValueError as error:
        return f"content that cannot be unpacked ({error})"
    return "" if found[: len(sha)] == sha else f"content with the hash {found.hex()[:_SHOWN]}"


def _finding(table: Table, what: str, sha: bytes, problem: str) -> Finding:
    where = f"{what} {sha.hex()[:_SHOWN]}"
    return _named(table.name, where, problem, "content with the hash that names it")


def _named(kind: str, where: str, found: str, expected: str) -> Finding:
    return Finding(kind=kind, where=where, found=found, expected=expected, remedy=AGAIN)
