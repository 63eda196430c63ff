"""Writes that fail because their documents exist, from an earlier attempt or by another process."""

from pymongo.errors import BulkWriteError

DUPLICATE_KEY = 11000
"""The code of such a failure."""


def check_duplicates(error: BulkWriteError) -> int:
    """Check that writes failed only because their documents exist; return their number.

    Raises:
        BulkWriteError: The error, if one failed for another reason, or what was written is not as
            durable as it should be.
    """
    details = error.details or {}
    failed = details.get("writeErrors", [])
    only_duplicates = failed and all(one["code"] == DUPLICATE_KEY for one in failed)
    if not only_duplicates or details.get("writeConcernErrors"):
        raise error
    return len(failed)
