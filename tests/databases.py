"""One database that the tests of a process use in turn, emptied before each test."""

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from storage.access.signing_keys import STATE, WHICH
from storage.aggregates.signatures import COUNTER, REVISIONS
from storage.schema import INDEXES

Indexes = dict[str, list[str]]
EXPECTED: Indexes = {
    name: sorted(["_id_", *(index.document["name"] for index in indexes)])
    for name, indexes in INDEXES.items()
}
"""The names of the indexes that the schema has, by collection."""
PROFILE = "system.profile"
"""What MongoDB writes where a test has it record its operations."""
STAYS = ((STATE, WHICH), (REVISIONS, COUNTER))
"""What an API that serves several tests relies on. It has the keys that sign URLs in memory for a
minute, and a URL that it signs in this minute is good afterwards too. Its table of users follows
the revision, which only rises."""
KEPT = {name: {"_id": {"$ne": which["_id"]}} for name, which in STAYS}
RAISED = [{"$set": {"newest": {"$add": ["$newest", 1]}, "forgotten": {"$add": ["$newest", 1]}}}]
"""A new revision, before which everything is forgotten: the table of users is read anew."""


class SharedDatabase:
    """A database whose collections and indexes are made once: making them takes longer than most
    tests.

    Args:
        client: A client of the server.
        name: The name of the database.
    """

    def __init__(self, client: MongoClient[dict[str, Any]], name: str) -> None:
        self.name = name
        self._client = client
        self._database: Database[dict[str, Any]] = client[name]

    def make_empty(self) -> None:
        """Delete all documents; make the database again if a test changed more than documents."""
        indexes = self._indexes()
        if PROFILE in indexes or any(indexes.get(name) != EXPECTED[name] for name in EXPECTED):
            self._make()
        else:
            for name in self._filled(list(indexes)):
                self._database[name].delete_many(KEPT.get(name, {}))
        self._database[REVISIONS].update_one(COUNTER, RAISED)

    def _make(self) -> None:
        self._database.command("profile", 0)
        kept = [(name, self._database[name].find_one(which)) for name, which in STAYS]
        self._client.drop_database(self.name)
        for name, indexes in INDEXES.items():
            self._database.create_collection(name)
            if indexes:
                self._database[name].create_indexes(indexes)
        for name, document in kept:
            if document is not None:
                self._database[name].insert_one(document)

    def _indexes(self) -> Indexes:
        """Read the names of the indexes of every collection, in one call."""
        catalog = self._client["admin"].aggregate(
            [{"$listCatalog": {}}, {"$match": {"db": self.name, "type": {"$ne": "view"}}}]
        )
        return {
            entry["name"]: sorted(index["spec"]["name"] for index in entry["md"]["indexes"])
            for entry in catalog
        }

    def _filled(self, names: list[str]) -> list[str]:
        """Find the collections that hold a document, in one call."""
        one = [{"$limit": 1}]
        looks = [
            {"$unionWith": {"coll": name, "pipeline": [*one, {"$project": {"_id": name}}]}}
            for name in names
        ]
        # The collection that it begins with is empty, so that all others are looked at alike.
        found = self._database["nothing"].aggregate([*one, *looks])
        return [document["_id"] for document in found]
