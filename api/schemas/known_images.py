"""Schemas of the question which files are stored already."""

from typing import Annotated

import msgspec

from api.http.bodies import JsonBody

MOST_HASHES = 1000
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Fa-f]{64}\Z")]


class KnownImagesRequest(JsonBody, frozen=True):
    """Hashes of files that a client may upload."""

    sha256: Annotated[list[Sha256], msgspec.Meta(min_length=1, max_length=MOST_HASHES)]
    """SHA-256 of the bytes of each file, as 64 hex digits."""
    user_id: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    """User that the files would be uploaded for, as in an upload."""
    tenant: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    """With an admin key: the tenant of the user. Other keys determine their tenant."""


class KnownImageView(msgspec.Struct, frozen=True):
    """A file that is stored already."""

    sha256: str
    """SHA-256 of its bytes, as 64 lower-case hex digits."""
    image_id: str
    """ID of the newest image of the user with these bytes."""


class KnownImagesView(msgspec.Struct, frozen=True):
    """The files that are stored already."""

    items: list[KnownImageView]
    """The known files, in the order of the request, each once. Others are not listed."""
