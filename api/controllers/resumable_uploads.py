"""Routes of resumable uploads: tus 1.0, with a key or with the token of a link."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Controller, MediaType, Response, delete, head, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.params import HeaderParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from api.contract.resumable_docs import (
    BytesOperation,
    CreationOperation,
    OffsetOperation,
    TusOperation,
)
from api.contract.route_docs import answer, problems
from api.http.addresses import location_of
from api.http.auth import LINK_OPT, TokenIn
from api.http.guards import SCOPES
from api.http.leaving import ClientLeft
from api.http.parameters import IdempotencyKey, example, id_of
from api.http.tus_headers import (
    TUS_ROUTE,
    VERSION,
    description_headers,
    has_bytes,
    progress_headers,
    read_checksum,
)
from api.state import ApiRequest
from api.uploads.resumable import Announced, IncomingBytes, ResumeUploads
from domain.key_scopes import KeyScope

MAX_LENGTH = 2**53 - 1
"""The largest integer that every JSON parser represents exactly."""
OF_BOTH: dict[str, Any] = {
    "opt": {LINK_OPT: TokenIn.HEADER_OR_KEY, SCOPES: frozenset({KeyScope.UPLOAD})},
    "security": [{"apiKey": []}, {"linkToken": []}],
}
"""Options of routes that take a key or the token of a link."""

TusVersion = Annotated[
    str,
    HeaderParameter(
        name="Tus-Resumable",
        description=f"The version of the tus protocol: `{VERSION}`.",
        examples=example(VERSION),
    ),
]
UploadId = Annotated[str, id_of("resumable upload")]
UploadLength = Annotated[
    int,
    HeaderParameter(
        name="Upload-Length",
        ge=0,
        le=MAX_LENGTH,
        description="Size of the file, in bytes.",
        examples=example(8_388_608),
    ),
]
UploadMetadata = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Metadata",
        required=False,
        description="Keys with values in base64, separated by commas. `filename` names the file; "
        "all others are only given back.",
        examples=example("filename cG9ydHJhaXQuanBn,filetype aW1hZ2UvanBlZw=="),
    ),
]
UploadOffset = Annotated[
    int,
    HeaderParameter(
        name="Upload-Offset",
        ge=0,
        le=MAX_LENGTH,
        description="Where in the file the bytes of the body begin: the offset of the upload.",
        examples=example(0),
    ),
]
UploadChecksum = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Checksum",
        required=False,
        description="A hash of the body in base64, after the name of its algorithm: `md5`, `sha1` "
        "or `sha256`. If the body has another one, none of its bytes are kept.",
        examples=example("sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ),
]


class ResumableUploadController(Controller):
    """Resumable uploads. Authentication reads the token of a link; no handler does."""

    path = TUS_ROUTE
    tags = ("resumable uploads",)

    @post(
        operation_id="createResumableUpload",
        summary="Create a resumable upload",
        operation_class=CreationOperation,
        status_code=HTTP_201_CREATED,
        request_max_body_size=None,
        responses={201: answer(None, "The upload, at the URL of the header `Location`.")}
        | problems(404, 408, 409, 410, 412, 413, 415, 460),
        **OF_BOTH,
    )
    async def create_upload(
        self,
        request: ApiRequest,
        resumable: NamedDependency[ResumeUploads],
        tus_resumable: TusVersion,
        upload_length: UploadLength,
        upload_metadata: UploadMetadata = None,
        upload_checksum: UploadChecksum = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[None]:
        """Creates a resumable upload of one file. The body can have its first bytes.

        An `OPTIONS` of this path describes the service: `Tus-Version`, `Tus-Extension`,
        `Tus-Max-Size`, `Tus-Checksum-Algorithm`.

        A finished upload becomes an image by `POST /v1/jobs/uploads` or, with the token of a link,
        by `POST /v1/uploads/jobs`. One that gets no bytes for a day, or is not used, is removed.
        Through a link, an upload reserves a place: the limits of the link hold for uploads that
        are not finished, too.

        A creation with the `Idempotency-Key` of an earlier one gets the same upload, as far as it
        is. So an answer that was lost costs no second place.
        """
        body = None
        content_type, length = request.headers.get("content-type"), request.content_length
        checksum = read_checksum(upload_checksum)
        if has_bytes(content_type, length, is_required=False):
            body = IncomingBytes(0, length, _stream(request), checksum)
        announced = Announced(upload_length, upload_metadata or "", idempotency_key)
        upload = await resumable.create(request.user, announced, body)
        place = {"Location": location_of(request, f"{TUS_ROUTE}/{upload.id}")}
        return _empty(place | progress_headers(upload), HTTP_201_CREATED)

    @head(
        "/{upload_id:str}",
        operation_id="getResumableUpload",
        summary="Retrieve the offset of a resumable upload",
        operation_class=OffsetOperation,
        responses={HTTP_200_OK: answer(None, "The headers describe the upload.")}
        | problems(404, 410, 412, 423),
        **OF_BOTH,
    )
    async def get_upload(
        self,
        request: ApiRequest,
        resumable: NamedDependency[ResumeUploads],
        tus_resumable: TusVersion,
        upload_id: UploadId,
    ) -> Response[None]:
        """Retrieves how many bytes of an upload are stored, to go on from there.

        A request that is sending bytes to it at this moment is ended with `upload_interrupted`: so
        the offset is final. While the service cannot tell it, the answer is 423 instead of 429 or
        503: clients of tus ask again then, and do not begin a new upload.
        """
        upload = await resumable.read(request.user, upload_id)
        return _empty(description_headers(upload), HTTP_200_OK)

    @patch(
        "/{upload_id:str}",
        operation_id="continueResumableUpload",
        summary="Send bytes of a resumable upload",
        operation_class=BytesOperation,
        status_code=HTTP_204_NO_CONTENT,
        request_max_body_size=None,
        responses={204: answer(None, "The bytes are stored, durably.")}
        | problems(404, 408, 409, 410, 412, 413, 415, 423, 460),
        **OF_BOTH,
    )
    async def continue_upload(
        self,
        request: ApiRequest,
        resumable: NamedDependency[ResumeUploads],
        tus_resumable: TusVersion,
        upload_id: UploadId,
        upload_offset: UploadOffset,
        upload_checksum: UploadChecksum = None,
    ) -> Response[None]:
        """Adds bytes to an upload. If the request breaks off, those that arrived are kept.

        Of two requests at the same time, the later one goes on, and the earlier one is answered
        with `upload_offset_conflict` or `upload_interrupted`: retrieve the offset, and go on.
        """
        length = request.content_length
        has_bytes(request.headers.get("content-type"), length, is_required=True)
        checksum = read_checksum(upload_checksum)
        body = IncomingBytes(upload_offset, length, _stream(request), checksum)
        upload = await resumable.append(request.user, upload_id, body)
        return _empty(progress_headers(upload), HTTP_204_NO_CONTENT)

    @delete(
        "/{upload_id:str}",
        operation_id="deleteResumableUpload",
        summary="Delete a resumable upload",
        operation_class=TusOperation,
        status_code=HTTP_204_NO_CONTENT,
        responses={204: answer(None, "The upload is deleted.")} | problems(404, 409, 410, 412),
        **OF_BOTH,
    )
    async def delete_upload(
        self,
        request: ApiRequest,
        resumable: NamedDependency[ResumeUploads],
        tus_resumable: TusVersion,
        upload_id: UploadId,
    ) -> Response[None]:
        """Deletes an upload that no job has used, with its bytes; its place in a link is free."""
        await resumable.delete(request.user, upload_id)
        return _empty({}, HTTP_204_NO_CONTENT)


def _empty(headers: dict[str, str], status: int) -> Response[Any]:
    return Response(b"", status_code=status, headers=headers, media_type=MediaType.TEXT)


async def _stream(request: ApiRequest) -> AsyncIterator[bytes]:
    """Give the body of a request.

    Raises:
        ClientLeft: The client has closed the connection before its end.
    """
    try:
        async for data in request.stream():
            yield data
    except InternalServerException as error:
        raise ClientLeft from error
