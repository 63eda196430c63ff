"""Routes of uploads that are no form: a file as the body, URLs, resumable uploads. Faces."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency

from api.answers.accept_upload import answer_upload
from api.contract.form_docs import (
    UPLOAD_PROBLEMS,
    UPLOAD_ROUTE,
    FileUploadOperation,
    ReferencingUploadOperation,
    UploadOperation,
    UrlUploadOperation,
)
from api.contract.route_docs import answer, problems
from api.controllers.jobs import ACCEPTED, JOB_TAKEN, JOBS
from api.http.parameters import (
    IdempotencyKey,
    Prefer,
)
from api.http.raw_fields import (
    ContentDisposition,
    FileAttributes,
    FileCallback,
    FileExternalId,
    FileGps,
    FileOperations,
    FileTags,
    FileTenant,
    FileUser,
    RawAttributes,
    RawCallback,
    RawExternalId,
    RawGps,
    RawTags,
    RawTenant,
    RawUser,
    fields_of,
)
from api.schemas.jobs import FacesView, JobView
from api.state import ApiRequest
from api.uploads.bodies import BodyKind
from api.uploads.take_in import DetectFaces, TakeIn


class UploadController(Controller):
    """Uploads."""

    path = JOBS
    tags = ("jobs",)

    @post(
        "/file",
        operation_id="createJobFromFile",
        summary="Upload one file as the body",
        operation_class=FileUploadOperation,
        responses=JOB_TAKEN | UPLOAD_PROBLEMS,
        **UPLOAD_ROUTE,
    )
    async def create_job_from_file(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
        content_disposition: ContentDisposition = None,
        operations: FileOperations = None,
        user_id: FileUser = None,
        tenant: FileTenant = None,
        gps: FileGps = None,
        callback_url: FileCallback = None,
        external_id: FileExternalId = None,
        tags: FileTags = None,
        attributes: FileAttributes = None,
    ) -> Response[JobView]:
        """Uploads one file, which is the body of the request, and creates a job for it.

        The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
        from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        query = fields_of(
            operations, user_id, tenant, gps, callback_url, external_id, tags, attributes
        )
        return await answer_upload(
            request,
            take_in,
            prefer,
            idempotency_key,
            query=query,
            route=JOBS,
            kinds=[BodyKind.FILE],
        )

    @post(
        "/urls",
        operation_id="createJobFromUrls",
        summary="Upload files by their URLs",
        operation_class=UrlUploadOperation,
        responses=JOB_TAKEN | UPLOAD_PROBLEMS,
        **UPLOAD_ROUTE,
    )
    async def create_job_from_urls(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[JobView]:
        """Creates a job for files that a worker fetches from their URLs.

        Each URL is an item, which has no image until its file is fetched. A URL that cannot be
        fetched is an item with the error `fetch_refused`, `fetch_failed` or `fetch_timeout`, or
        with that of its file. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        return await answer_upload(
            request, take_in, prefer, idempotency_key, query={}, route=JOBS, kinds=[BodyKind.URLS]
        )

    @post(
        "/uploads",
        operation_id="createJobFromUploads",
        summary="Create a job from resumable uploads",
        operation_class=ReferencingUploadOperation,
        responses=JOB_TAKEN | UPLOAD_PROBLEMS | problems(404),
        **UPLOAD_ROUTE,
    )
    async def create_job_from_uploads(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[JobView]:
        """Creates a job for files whose bytes were sent by resumable uploads before.

        Each upload is an item, in the order of the list. An upload is used once: a second job with
        it is refused with `upload_used`, unless it repeats the first request with the same
        `Idempotency-Key`. If one cannot be used, none is. In all else it is `POST /v1/jobs`, which
        takes such a body too.
        """
        return await answer_upload(
            request,
            take_in,
            prefer,
            idempotency_key,
            query={},
            route=JOBS,
            kinds=[BodyKind.UPLOADS],
        )


@post(
    "/process",
    operation_id="detectFaces",
    tags=["jobs"],
    summary="Detect faces",
    operation_class=UploadOperation,
    responses={
        200: answer(FacesView, "The faces, if the job ended within the time of `Prefer: wait`."),
        202: ACCEPTED,
    }
    | UPLOAD_PROBLEMS,
    **UPLOAD_ROUTE,
)
async def detect_faces(
    request: ApiRequest,
    detect_faces: NamedDependency[DetectFaces],
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
    user_id: RawUser = None,
    tenant: RawTenant = None,
    gps: RawGps = None,
    callback_url: RawCallback = None,
    external_id: RawExternalId = None,
    tags: RawTags = None,
    attributes: RawAttributes = None,
) -> Response[JobView]:
    """Detects faces in files: in the response with `Prefer: wait=30`, else through the job.

    The body can also be a file itself, as in `POST /v1/jobs/file`.
    """
    return await answer_upload(
        request,
        detect_faces.take_in,
        prefer,
        idempotency_key,
        query=fields_of(None, user_id, tenant, gps, callback_url, external_id, tags, attributes),
        operations="faces",
        view_finished=detect_faces.view,
    )
