"""The fields of an image document for lists, searches and statistics."""

from collections.abc import Mapping
from typing import Any

from domain.fingerprints import band_keys, signed_fingerprint

FROM_METADATA = ("camera_make", "camera_model", "lens_model", "taken_at")


def search_fields(results: Mapping[str, Any], *, keep_position: bool) -> dict[str, Any]:
    """Compute the fields of an image document by which it is searched.

    ``taken_on`` is the day of ``taken_at``, by the camera's clock; ``location`` a GeoJSON point;
    ``fingerprint`` signed, with its ``fingerprint_bands``.

    Args:
        results: Values by operation, only of the operations that this image requested. A search
            must not find results that exist only because another upload requested them.
        keep_position: Whether the position may be kept.
    """
    facts: dict[str, Any] = {}
    if (metadata := results.get("metadata")) is not None:
        facts |= {name: metadata[name] for name in FROM_METADATA}
        taken_at, gps = metadata["taken_at"], metadata["gps"]
        facts["taken_on"] = taken_at and taken_at[:10]
        if gps and keep_position:
            point = [gps["longitude"], gps["latitude"]]
            facts["location"] = {"type": "Point", "coordinates": point}
    if "faces" in results:
        facts["faces"] = len(results["faces"])
    if "fingerprint" in results:
        fingerprint = signed_fingerprint(results["fingerprint"])
        facts["fingerprint"] = fingerprint
        facts["fingerprint_bands"] = band_keys(fingerprint)
    return facts
