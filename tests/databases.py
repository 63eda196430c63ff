"""One database that the tests of a process use in turn, emptied before each test."""

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from storage.schema import INDEXES

Indexes = dict[str, list[str]]
PROFILE = "system.profile"
"""What MongoDB writes where a test has it record its operations."""


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
        self._made: Indexes = {}

    def make_empty(self) -> None:
        """Delete all documents; make the database again if a test changed more than documents."""
        names = self._database.list_collection_names()
        if PROFILE in names or self._indexes() != self._made:
            self._make()
            return
        for name in names:
            self._database[name].delete_many({})

    def _make(self) -> None:
        self._database.command("profile", 0)
        self._client.drop_database(self.name)
        for name, indexes in INDEXES.items():
            self._database[name].create_indexes(indexes)
        self._made = self._indexes()

    def _indexes(self) -> Indexes:
        """Read the names of the indexes of each collection that the service makes."""
        return {name: sorted(self._database[name].index_information()) for name in INDEXES}
