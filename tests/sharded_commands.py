"""What a sharded cluster would do with each command that the tests send to MongoDB.

There is no router (mongos) at hand, so this asks its documented rules. A listener of PyMongo
sees the commands of all clients of this process. Those to sharded collections are targeted at the
shards of some keys, sent to all shards, or refused.

Source: https://www.mongodb.com/docs/manual/core/sharded-cluster-requirements and
https://www.mongodb.com/docs/manual/core/transactions-sharded-clusters
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from pymongo import monitoring
from pymongo.monitoring import CommandListener, CommandStartedEvent

from storage.mongo.sharding import SHARD_KEYS

Command = Mapping[str, Any]
_EQUALITIES = ("$eq", "$in")
_FILTERS = {"find": "filter", "count": "query", "distinct": "query"}
_JOINS = ("$lookup", "$graphLookup", "$unionWith")
_READERS = {*_FILTERS, "aggregate"}
_KNOWN = {*_READERS, "insert", "update", "delete", "findAndModify", "createIndexes"}


class Verdict(StrEnum):
    """What a router does with a command."""

    TARGETED = "targeted"
    BROADCAST = "broadcast"
    REFUSED = "refused"


class Judged(NamedTuple):
    """A command to a sharded collection.

    Attributes:
        verdict: What a router does with it.
        command: Its name, ``aggregate, joined`` for one that reads it beside another collection.
        collection: The collection.
        fields: The fields that it asks for.
        in_transaction: Whether it is part of a transaction.
    """

    verdict: Verdict
    command: str
    collection: str
    fields: tuple[str, ...]
    in_transaction: bool


def judge(command: Command) -> Iterator[Judged]:
    """Judge the parts of a command that concern sharded collections."""
    name = next(iter(command))
    if name not in _KNOWN:
        return
    within = command.get("autocommit") is False
    collection = command[name]
    if name == "aggregate":
        for joined in _joined(command["pipeline"]):
            # Servers before 8.0 refuse it in a transaction.
            verdict = Verdict.REFUSED if within else Verdict.BROADCAST
            yield Judged(verdict, "aggregate, joined", joined, (), within)
    if collection not in SHARD_KEYS:
        return
    key = SHARD_KEYS[collection]
    for verdict, fields in _judge(name, command, key):
        yield Judged(verdict, name, collection, tuple(sorted(fields)), within)


def _judge(name: str, command: Command, key: str) -> Iterator[tuple[Verdict, Sequence[str]]]:
    if name in _FILTERS:
        asked = command.get(_FILTERS[name]) or {}
        yield (Verdict.TARGETED if _names(asked, key) else Verdict.BROADCAST), list(asked)
    elif name == "aggregate":
        stage: Command = next(iter(command["pipeline"]), {})
        asked = stage.get("$match", {})
        yield (Verdict.TARGETED if _names(asked, key) else Verdict.BROADCAST), list(asked)
    elif name == "insert":
        for document in command.get("documents", ()):
            yield (Verdict.TARGETED if key in document else Verdict.REFUSED), []
    elif name == "update":
        for one in command.get("updates", ()):
            yield _judge_write(one["q"], key, one=not one.get("multi"), upsert=one.get("upsert"))
    elif name == "delete":
        for one in command.get("deletes", ()):
            yield _judge_write(one["q"], key, one=one["limit"] == 1, upsert=False)
    elif name == "findAndModify":
        asked = command.get("query") or {}
        yield (Verdict.TARGETED if _names(asked, key) else Verdict.REFUSED), list(asked)
    else:
        for index in command["indexes"]:
            fits = not index.get("unique") or next(iter(index["key"])) == key
            yield (Verdict.TARGETED if fits else Verdict.REFUSED), list(index["key"])


def _judge_write(
    asked: Command, key: str, *, one: bool, upsert: bool | None
) -> tuple[Verdict, Sequence[str]]:
    if _names(asked, key):
        # A new document gets its key from the filter, which then names one value.
        is_value = not isinstance(asked.get(key), dict) or "$in" not in asked[key]
        return (Verdict.TARGETED if is_value or not upsert else Verdict.REFUSED), list(asked)
    if upsert or (one and "_id" not in asked):
        return Verdict.REFUSED, list(asked)
    return Verdict.BROADCAST, list(asked)


def _names(asked: Command, key: str) -> bool:
    """Say whether a filter names values of the key: a hashed one serves no ranges."""
    if key in asked:
        value = asked[key]
        if not isinstance(value, dict) or not any(str(name).startswith("$") for name in value):
            return True
        return any(name in value for name in _EQUALITIES)
    if any(_names(part, key) for part in asked.get("$and", ())):
        return True
    parts = asked.get("$or", ())
    return bool(parts) and all(_names(part, key) for part in parts)


def _joined(pipeline: Sequence[Command]) -> Iterator[str]:
    for stage in pipeline:
        for name, value in stage.items():
            if name in _JOINS:
                source = value if isinstance(value, str) else value.get("from", value.get("coll"))
                if source in SHARD_KEYS:
                    yield source
                if not isinstance(value, str):
                    yield from _joined(value.get("pipeline", ()))
            elif name == "$facet":
                for part in value.values():
                    yield from _joined(part)


class ShardListener(CommandListener):
    """Counts what a sharded cluster would do with the commands of all clients of this process."""

    def __init__(self) -> None:
        self.judged: Counter[Judged] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """Judge a command."""
        if event.command_name in _KNOWN:
            for found in judge(event.command):
                self.judged[found] += 1

    def succeeded(self, event: object) -> None:
        """Do nothing."""

    def failed(self, event: object) -> None:
        """Do nothing."""

    def take(self) -> Counter[Judged]:
        """Return what was judged since the last time."""
        found, self.judged = self.judged, Counter()
        return found


LISTENER = ShardListener()
monitoring.register(LISTENER)

# What may go to all shards, by command and the fields that it asks for.
BROADCASTS = {
    ("aggregate", ("files_id",)): "the sweeper walks over a range of files",
    ("find", ("files_id",)): "make verify-data walks over a range of files",
    ("aggregate, joined", ()): "make verify-data compares files with their chunks",
    ("aggregate", ()): "tests, chaos and make verify-data read whole collections",
    ("aggregate", ("$expr",)): "tests look for chunks that are too long",
    ("count", ()): "tests count whole collections",
    ("delete", ()): "tests empty collections",
    ("distinct", ()): "tests look for orphans",
    ("distinct", ("files_id",)): "tests look for orphans",
    ("find", ()): "tests read whole collections",
}


def find_faults(judged: Iterable[Judged]) -> list[str]:
    """List what a sharded cluster refuses, and what goes to all shards without a reason."""
    return sorted(
        f"{one.verdict}: {one.command} of {one.collection} by {', '.join(one.fields) or 'nothing'}"
        for one in judged
        if one.verdict is Verdict.REFUSED
        or (one.verdict is Verdict.BROADCAST and (one.command, one.fields) not in BROADCASTS)
    )
