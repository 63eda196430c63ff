"""A bucket for tests: the settings of a service that keeps large files in one, and a look at it."""

from uuid import uuid4

import pytest

from deploy.servers.seaweedfs import ObjectServers
from storage.stores import Stores


def with_bucket(
    environ: dict[str, str], objects: ObjectServers, patch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Add an empty place in a bucket to settings, and its credentials to this process."""
    for name, value in objects.credentials.items():
        patch.setenv(name, value)
    return environ | {"MINILAB_BLOB_URL": objects.blob_url(f"test-{uuid4().hex}")}


async def list_objects(stores: Stores) -> dict[str, int]:
    """List the sizes of all objects by name."""
    walk = stores.blob_stores.bucket.walk()
    return {found.name: found.size_bytes async for page in walk for found in page}
