"""Results of blobs: the first of a version stays."""

from typing import Any

from domain.blobs import Blob
from storage.blobs.results import BlobResults
from storage.stores import Stores
from tests.uploads import accept


async def _keep(stores: Stores, blob: Blob, **results: dict[str, Any]) -> dict[str, Any]:
    await stores.results.keep([BlobResults(blob, {"width": 1}, results, [])])
    (read,) = (await stores.blobs.find([blob.sha256])).values()
    return dict(read.results)


async def test_first_result_of_a_version_stays(stores: Stores) -> None:
    """Of a worker that died before its images ended, the next one computes them again."""
    (item,) = (await accept(stores, b"a")).items
    image = await stores.database["images"].find_one({"_id": item.image_id})
    assert image is not None
    (blob,) = (await stores.blobs.find([image["sha256"]])).values()
    first = {"version": 2, "value": "$ab", "seconds": 0.1}
    again = first | {"seconds": 0.2}
    assert await _keep(stores, blob, fingerprint=first) == {"fingerprint": first}
    other = {"version": 1, "value": [], "seconds": 0.3}
    both = await _keep(stores, blob, fingerprint=again, faces=other)
    assert both == {"fingerprint": first, "faces": other}
    newer = again | {"version": 3}
    assert (await _keep(stores, blob, fingerprint=newer))["fingerprint"] == newer
