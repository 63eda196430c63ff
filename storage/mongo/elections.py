"""Has PyMongo use a new primary once that has committed a write of its own term.

Until then a read of what a majority has may miss what the primary before it acknowledged: a ticket
would be unknown, or an ended job open again. A primary commits within some milliseconds of its
election, and its answer to ``hello`` shows it.
Source: "Leader completeness" of Raft (https://raft.github.io/raft.pdf, section 8).
"""

from collections.abc import Mapping
from typing import Any

import pymongo.hello
from pymongo.server_type import SERVER_TYPE

_server_type = pymongo.hello._get_server_type  # noqa: SLF001


def await_commits_of_primaries() -> None:
    """Look at each answer to ``hello`` in this process that way."""
    pymongo.hello._get_server_type = _server_type_of  # noqa: SLF001


def _server_type_of(doc: Mapping[str, Any]) -> int:
    kind = _server_type(doc)
    if kind == SERVER_TYPE.RSPrimary and not _has_committed(doc):
        return SERVER_TYPE.RSOther
    return kind


def _has_committed(doc: Mapping[str, Any]) -> bool:
    """Compare the term of the last write with that of the last one which a majority has."""
    last = doc.get("lastWrite", {})
    if "majorityOpTime" not in last:
        return True  # A service that is compatible with MongoDB may not say it.
    written: int = last["opTime"]["t"]
    committed: int = last["majorityOpTime"]["t"]
    return committed >= written
