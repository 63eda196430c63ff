"""The rules by which the suite says what a sharded cluster does with a command."""

from typing import Any

import pytest

from storage.mongo.sharding import SHARD_KEYS
from storage.schema import INDEXES
from tests.sharded_commands import Verdict, find_faults, judge

CHUNKS = "blobs.chunks"


def verdicts(command: dict[str, Any]) -> list[Verdict]:
    return [one.verdict for one in judge(command)]


@pytest.mark.parametrize(
    "asked",
    [
        {"files_id": 1},
        {"files_id": {"$in": [1, 2]}},
        {"files_id": {"$eq": 1}, "n": 0},
        {"$and": [{"n": 1}, {"files_id": 1}]},
        {"$or": [{"files_id": 1}, {"files_id": 2, "n": 1}]},
    ],
)
def test_reads_by_file_are_targeted(asked: dict[str, Any]) -> None:
    assert verdicts({"find": CHUNKS, "filter": asked}) == [Verdict.TARGETED]
    assert verdicts({"aggregate": CHUNKS, "pipeline": [{"$match": asked}]}) == [Verdict.TARGETED]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"_id": 1},
        {"files_id": {"$gt": 1}},
        {"n": 0},
        {"$or": [{"files_id": 1}, {"n": 1}]},
    ],
)
def test_other_reads_go_to_all_shards(asked: dict[str, Any]) -> None:
    assert verdicts({"find": CHUNKS, "filter": asked}) == [Verdict.BROADCAST]


def test_collections_that_are_not_sharded_are_left_alone() -> None:
    assert verdicts({"find": "images", "filter": {}}) == []
    assert verdicts({"update": "jobs", "updates": [{"q": {}, "u": {}, "upsert": True}]}) == []


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        ({"q": {"files_id": 1, "n": 0}, "upsert": True}, Verdict.TARGETED),
        ({"q": {"files_id": {"$in": [1, 2]}}, "upsert": True}, Verdict.REFUSED),
        ({"q": {"n": 0}, "upsert": True}, Verdict.REFUSED),
        ({"q": {"n": 0}}, Verdict.REFUSED),
        ({"q": {"_id": 1}}, Verdict.BROADCAST),
        ({"q": {"n": 0}, "multi": True}, Verdict.BROADCAST),
    ],
)
def test_writes_of_one_document_name_its_file(update: dict[str, Any], verdict: Verdict) -> None:
    assert verdicts({"update": CHUNKS, "updates": [update]}) == [verdict]


def test_deletes_find_and_modify_and_inserts() -> None:
    assert verdicts({"delete": CHUNKS, "deletes": [{"q": {}, "limit": 1}]}) == [Verdict.REFUSED]
    assert verdicts({"delete": CHUNKS, "deletes": [{"q": {}, "limit": 0}]}) == [Verdict.BROADCAST]
    assert verdicts({"findAndModify": CHUNKS, "query": {"_id": 1}}) == [Verdict.REFUSED]
    documents = [{"files_id": 1, "n": 0}, {"n": 0}]
    inserted = verdicts({"insert": CHUNKS, "documents": documents})
    assert inserted == [Verdict.TARGETED, Verdict.REFUSED]


def test_joins_go_to_all_shards_and_are_refused_in_a_transaction() -> None:
    join = {"$lookup": {"from": CHUNKS, "as": "chunks"}}
    command: dict[str, Any] = {
        "aggregate": "blobs.files",
        "pipeline": [{"$facet": {"all": [join]}}],
    }
    assert verdicts(command) == [Verdict.BROADCAST]
    assert verdicts(command | {"autocommit": False}) == [Verdict.REFUSED]


def test_unique_indexes_begin_with_the_shard_key() -> None:
    bad = {"key": {"n": 1}, "unique": True}
    assert verdicts({"createIndexes": CHUNKS, "indexes": [bad]}) == [Verdict.REFUSED]
    for name in SHARD_KEYS:
        declared = [model.document for model in INDEXES[name]]
        assert declared
        assert set(verdicts({"createIndexes": name, "indexes": declared})) == {Verdict.TARGETED}


def test_faults_are_what_is_refused_or_broadcast_without_a_reason() -> None:
    commands: list[dict[str, Any]] = [
        {"find": CHUNKS, "filter": {"files_id": 1}},
        {"find": CHUNKS, "filter": {"n": 1}},
        {"aggregate": CHUNKS, "pipeline": [{"$match": {"files_id": {"$gt": 1}}}]},
        {"findAndModify": CHUNKS, "query": {}},
    ]
    judged = [one for command in commands for one in judge(command)]
    assert find_faults(judged) == [
        "broadcast: find of blobs.chunks by n",
        "refused: findAndModify of blobs.chunks by nothing",
    ]
