"""The stores of bytes that tests run with: GridFS alone, or S3 for all but the smallest files."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.servers.seaweedfs import ObjectServers

GRIDFS = "gridfs"
S3 = "s3"
STORES = (GRIDFS, S3)
INLINE_BYTES = 64
"""Files of tests are small: all but the smallest go to S3."""


class ChosenStore:
    """Where the service of a test keeps bytes.

    Attributes:
        name: :data:`GRIDFS` or :data:`S3`.
    """

    def __init__(self, objects: ObjectServers | None = None) -> None:
        self.name = GRIDFS if objects is None else S3
        self._objects = objects

    def variables(self, database: str) -> dict[str, str]:
        """Make the variables that API and worker start with; the bucket has a part of its own."""
        if self._objects is None:
            return {}
        return {
            "MINILAB_BLOB_URL": self._objects.blob_url(database),
            "MINILAB_BLOB_INLINE_BYTES": str(INLINE_BYTES),
            **self._objects.credentials,
        }

    def make_empty(self, database: str) -> None:
        """Remove all objects."""
        if self._objects is not None:
            self._objects.remove(database)


@contextmanager
def credentials_in_place(objects: ObjectServers) -> Iterator[None]:
    """Have this process find the credentials, as every client of S3 looks for them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in objects.credentials.items():
            patch.setenv(name, value)
        yield


def stores_of(test: pytest.Metafunc) -> list[str]:
    """List the stores that a test is to run with: those of its mark, or the one of the option."""
    mark = test.definition.get_closest_marker("stores")
    able = list(mark.args) if mark else list(STORES)
    chosen = test.config.getoption("store")
    if chosen:
        return [chosen] if chosen in able else able
    return able if mark else [GRIDFS]
