"""The counts as documents: one each, but for the quarters of an hour of a day, which share one.

A read wants thousands of quarters and the first few of all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pymongo import DeleteOne, ReplaceOne

from domain.statistics import CAMERA, QUARTER
from storage.mongo.client import Document

STATISTICS = "statistics"
_DAY_CHARS = len(QUARTER + "2026-11-21")


def document_ids(names: Iterable[str]) -> list[str]:
    """Name the documents that counts are in, each once."""
    return list(dict.fromkeys(map(_document_id, names)))


def day_range(first: str, after: str) -> Document:
    """Make the query for the documents that hold all quarters of a range.

    Args:
        first: Name of the first quarter.
        after: Name of the one after the last.
    """
    return {"_id": {"$gte": _document_id(first), "$lte": _document_id(after)}}


def expand(documents: Iterable[Document]) -> Iterator[tuple[str, int]]:
    """Read names and counts."""
    for document in documents:
        name = document["_id"]
        if "quarters" in document:
            yield from ((f"{name}T{time}", count) for time, count in document["quarters"].items())
        else:
            yield name, int(document["count"])  # Large ones come as a type of their own.


def writes_of(
    stored: Mapping[str, int], change: Mapping[str, int]
) -> list[ReplaceOne[Document] | DeleteOne]:
    """Make what is written where counts change; what comes to nothing is removed.

    Args:
        stored: All counts of the documents that change.
        change: What is added, by name.
    """
    after = dict(stored)
    for name, count in change.items():
        after[name] = stored.get(name, 0) + count
    days: dict[str, dict[str, int]] = defaultdict(dict)
    writes: list[ReplaceOne[Document] | DeleteOne] = []
    for name, count in after.items():
        if name.startswith(QUARTER):
            quarters = days[_document_id(name)]
            if count:
                quarters[name[_DAY_CHARS + 1 :]] = count
        elif change.get(name):
            family = {"family": CAMERA} if name.startswith(CAMERA) else {}
            writes.append(_write(name, {"count": count, **family} if count else {}))
    writes += [_write(day, {"quarters": of} if of else {}) for day, of in days.items()]
    return writes


def _write(name: str, fields: Document) -> ReplaceOne[Document] | DeleteOne:
    return ReplaceOne({"_id": name}, fields, upsert=True) if fields else DeleteOne({"_id": name})


def _document_id(name: str) -> str:
    return name[:_DAY_CHARS] if name.startswith(QUARTER) else name
