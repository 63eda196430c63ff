"""Invariants of links, keys, statistics and indexes."""

import re
from typing import Any

from domain.keys import KEY_PREFIX, LINK_PREFIX
from storage.access.stored_bytes import STORED_BYTES, add_up
from storage.blobs.objects import RESUMABLE
from storage.mongo.client import Document
from storage.resumable.documents import UNUSED
from storage.schema import INDEXES
from storage.verification.invariants import (
    Invariant,
    Look,
    differ,
    document_invariant,
    first_of,
    lookup,
    pipeline_invariant,
    where,
)
from storage.verification.recount import find_wrong_statistics
from storage.verification.resumable import RESERVED

# A hint shows this many characters of a secret at most.
HINT_CHARACTERS = 12
_HASH = re.compile(r"[0-9a-f]{64}")


def _left(what: str) -> Document:
    return {"$subtract": [f"$used_{what}", {"$ifNull": [f"$deleted_{what}", 0]}]}


def _reserved(what: str) -> Document:
    return {"$ifNull": [f"$reserved_{what}", 0]}


def _is_beyond(what: str) -> Document:
    taken = {"$add": [f"$used_{what}", _reserved(what)]}
    return {"$gt": [taken, {"$ifNull": [f"$max_{what}", taken]}]}


_LINK_USE = (
    lookup(
        "images",
        "_id",
        # Uploads through a link have it as their key too, which has an index.
        "key_id",
        {"$group": {"_id": None, "files": {"$sum": 1}, "bytes": {"$sum": "$size_bytes"}}},
        to="counted",
    ),
    lookup(RESUMABLE, "_id", "link_id", {"$match": UNUSED}, RESERVED, to="waiting"),
    where(
        differ(_left("files"), first_of("counted", "files")),
        differ(_left("bytes"), first_of("counted", "bytes")),
        differ(_reserved("files"), first_of("waiting", "files")),
        differ(_reserved("bytes"), first_of("waiting", "bytes")),
        _is_beyond("files"),
        _is_beyond("bytes"),
    ),
)


def _is_unhashed(document: Document, field: str) -> bool:
    texts = [value for value in document.values() if isinstance(value, str)]
    return _HASH.fullmatch(str(document.get(field))) is None or any(
        len(text) > HINT_CHARACTERS and text.startswith((KEY_PREFIX, LINK_PREFIX)) for text in texts
    )


async def _find_wrong_statistics(look: Look) -> list[Any]:
    return list(await find_wrong_statistics(look.client, look.database))


async def _find_wrong_accounts(look: Look) -> list[Any]:
    accounts = look.database[STORED_BYTES].find({"_id": look.within}, session=look.session)
    return [
        account["_id"]
        async for account in accounts
        if account["bytes"] != await add_up(look.database, account["_id"], look.session)
    ]


async def _find_missing_indexes(look: Look) -> list[Any]:
    missing = []
    for name, models in INDEXES.items():
        there = await look.database[name].index_information()
        wanted = {str(model.document["name"]) for model in models}
        missing += [f"{name}.{index}" for index in sorted(wanted - there.keys())]
    return missing


OF_THE_SERVICE = [
    pipeline_invariant(
        "link_use",
        "Each link counts its uploads and reserved places, and is within its limits",
        "upload_links",
        *_LINK_USE,
        piece=100,
    ),
    Invariant(
        "stored_bytes",
        "Each account of stored bytes is the sum of its images",
        STORED_BYTES,
        _find_wrong_accounts,
        piece=20,
    ),
    document_invariant(
        "hashed_keys",
        "Only a hash of each key is stored",
        "api_keys",
        lambda key: _is_unhashed(key, "hash"),
    ),
    document_invariant(
        "hashed_tokens",
        "Only a hash of each link's token is stored",
        "upload_links",
        lambda link: _is_unhashed(link, "token_hash"),
    ),
    Invariant(
        "statistics",
        "The statistics equal a recount of all images",
        "statistics",
        _find_wrong_statistics,
        piece=0,
    ),
    Invariant("indexes", "Every index exists", "api_keys", _find_missing_indexes, piece=0),
]
