"""The database of the peer: images with their results, and bytes in GridFS."""

import os
from functools import cache
from typing import Any

from gridfs import GridFSBucket
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database


@cache
def connect() -> Database[dict[str, Any]]:
    """Connect to MongoDB, once a process and never before Celery forks.

    Every write waits for the majority and the journal, so that a ticket survives what ours does.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(
        os.environ["PEER_MONGODB_URL"], w="majority", journal=True
    )
    return client[os.environ["PEER_DATABASE"]]


@cache
def open_images() -> Collection[dict[str, Any]]:
    """Open the collection of images; those of one upload have the same ``job_id``."""
    return connect()["images"]


@cache
def open_files() -> GridFSBucket:
    """Open the bytes of the images; a file has the ID of its image."""
    return GridFSBucket(connect())
