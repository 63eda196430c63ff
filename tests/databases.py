"""One database that the tests of a process use in turn, emptied before each test."""

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from storage.access.signing_keys import STATE, WHICH
from storage.schema import INDEXES

Indexes = dict[str, list[str]]
EXPECTED: Indexes = {
    name: sorted(["_id_", *(index.document["name"] for index in indexes)])
    for name, indexes in INDEXES.items()
}
"""The names of the indexes that the schema has, by collection."""
PROFILE = "system.profile"
"""What MongoDB writes where a test has it record its operations."""
KEPT = {STATE: {"_id": {"$ne": WHICH["_id"]}}}
"""The keys that sign URLs stay: an API that serves several tests has them in memory for a minute,
and a URL that it signs in this minute is good afterwards too."""


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
            return
        for name in self._filled(list(indexes)):
            self._database[name].delete_many(KEPT.get(name, {}))

    def _make(self) -> None:
        self._database.command("profile", 0)
        keys = self._database[STATE].find_one(WHICH)
        self._client.drop_database(self.name)
        for name, indexes in INDEXES.items():
            self._database[name].create_indexes(indexes)
        if keys is not None:
            self._database[STATE].insert_one(keys)

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
