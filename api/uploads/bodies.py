"""The types of body that an upload can have, and how each is read."""

from collections.abc import AsyncIterator, Collection, Mapping
from enum import StrEnum

import msgspec

from api.uploads.form import Form
from api.uploads.json_bodies import receive_json
from api.uploads.multipart import receive_form
from api.uploads.part_names import read_parameters
from api.uploads.raw import receive_raw
from domain.addresses import FetchRules
from domain.errors.requests import InvalidValue, WrongContentType
from domain.limits import UploadLimits
from storage.blobs.intake import BlobIntake


class BodyKind(StrEnum):
    """A kind of body; its value says how clients send it."""

    FORM = "files as multipart/form-data"
    URLS = "the URLs of files as application/json"
    UPLOADS = "the IDs of finished resumable uploads as application/json"
    FILE = "one file as the body itself, with an image/* type or as application/octet-stream"


OF_JSON = (BodyKind.URLS, BodyKind.UPLOADS)


class IncomingBody(msgspec.Struct, frozen=True):
    """The body of an upload, which is not read yet.

    Attributes:
        kind: Of JSON it is the first that the route takes.
        kinds: All that the route takes.
        parameters: Of the Content-Type.
        length: In bytes; None if it is unknown.
        disposition: The header Content-Disposition.
        query: The fields that the query has in place of a form.
    """

    kind: BodyKind
    kinds: Collection[BodyKind]
    parameters: Mapping[str, str]
    length: int | None
    chunks: AsyncIterator[bytes]
    disposition: str | None = None
    query: Mapping[str, str] = {}

    async def receive(
        self,
        chunks: AsyncIterator[bytes],
        intake: BlobIntake,
        limits: UploadLimits,
        rules: FetchRules,
    ) -> Form:
        """Read the body from its chunks; URLs are checked by the rules.

        After an error, the caller discards the intake.

        Raises:
            ServiceError: The body cannot be used.
        """
        if self.kind is BodyKind.FILE:
            return await receive_raw(chunks, self.disposition, self.query, intake, limits)
        if self.query:
            named = ", ".join(self.query)
            raise InvalidValue(f"Send {named} in the body, not as parameters of the URL.")
        if self.kind in OF_JSON:
            return await receive_json(
                chunks,
                limits,
                rules,
                takes_urls=BodyKind.URLS in self.kinds,
                takes_uploads=BodyKind.UPLOADS in self.kinds,
            )
        return await receive_form(chunks, self.parameters.get("boundary", ""), intake, limits)


def read_kind(
    content_type: str | None, content_encoding: str | None, kinds: Collection[BodyKind]
) -> tuple[BodyKind, Mapping[str, str]]:
    """Read the kind of a body, and the parameters of its Content-Type, from the headers.

    Raises:
        WrongContentType: The encoding is not accepted, or the body is of none of the kinds.
    """
    if (content_encoding or "identity").strip().lower() != "identity":
        raise WrongContentType("Send the body as it is, without a Content-Encoding.")
    media_type, parameters = read_parameters((content_type or "").encode("latin-1", "replace"))
    kind = next((kind for kind in _kinds_of(media_type) if kind in kinds), None)
    if kind is None:
        raise WrongContentType(f"Send {'; or '.join(kinds)}.")
    return kind, parameters


def _kinds_of(media_type: str) -> Collection[BodyKind]:
    if media_type == "multipart/form-data":
        return (BodyKind.FORM,)
    if media_type == "application/json":
        return OF_JSON
    is_file = media_type.startswith("image/") or media_type == "application/octet-stream"
    return (BodyKind.FILE,) if is_file else ()
