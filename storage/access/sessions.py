"""Sessions of browsers: who has signed in with an API key, without the key itself."""

import secrets
from datetime import datetime, timedelta

import msgspec
from pymongo import ASCENDING, IndexModel

from domain.keys import hash_secret
from storage.mongo.client import DURABLE, Database, Document, read_clock

SESSIONS = "sessions"
SESSION_INDEXES = {SESSIONS: [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)]}
TOKEN_BYTES = 32


class Session(msgspec.Struct, frozen=True):
    """A session.

    Attributes:
        key_id: The API key that opened it.
        key_hash: Hash of the admin key in the settings if that opened it; else None.
    """

    key_id: str
    key_hash: str | None


class Sessions:
    """Opens, finds and closes sessions. Only the hash of a token is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions = database[SESSIONS].with_options(write_concern=DURABLE)

    async def open(self, session: Session, life: timedelta) -> str:
        """Open a session, and return its token: 256 random bits."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        document: Document = {
            "_id": hash_secret(token),
            "key_id": session.key_id,
            "key_hash": session.key_hash,
            "expires_at": await read_clock(self._database) + life,
        }
        await self._sessions.insert_one(document)
        return token

    async def find(self, token: str, now: datetime) -> Session | None:
        """Find a session by its token; None if there is none, or it has expired."""
        found = await self._sessions.find_one(
            {"_id": hash_secret(token), "expires_at": {"$gt": now}}
        )
        return None if found is None else Session(found["key_id"], found["key_hash"])

    async def close(self, token: str) -> None:
        """Close a session for good."""
        await self._sessions.delete_one({"_id": hash_secret(token)})
