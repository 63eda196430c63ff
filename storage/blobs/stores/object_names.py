"""Names and keys of objects: an object is named by the ID of the file whose bytes it has."""

import hashlib
import re

from bson import ObjectId

_NAME = re.compile(r"[0-9a-f]{24}(-[0-9a-f]{24})?")


def name_again(file_id: ObjectId) -> str:
    """Return a new name for the bytes of a file, which may have had objects before."""
    return f"{file_id}-{ObjectId()}"


def file_of(name: str) -> ObjectId:
    """Return the file that an object has the bytes of."""
    return ObjectId(name.partition("-")[0])


def key_of(name: str) -> str:
    """Return the key of an object by its name."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:2]}/{name}"


def name_of(key: str) -> str | None:
    """Return the name of an object by its key; None if the key is none of this service."""
    _, _, name = key.rpartition("/")
    return name if _NAME.fullmatch(name) and key_of(name) == key else None
