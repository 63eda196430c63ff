"""The face-detection route: files in, faces out."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_202_ACCEPTED

from api.answers.accept_upload import answer_upload
from api.contract.form_docs import UploadOperation
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.parameters import IdempotencyKey, Prefer
from api.schemas.jobs import FacesView, JobView
from api.state import ApiRequest
from api.uploads.faces import DetectFaces


@post(
    "/process",
    operation_id="detectFaces",
    tags=["jobs"],
    summary="Detect faces",
    status_code=HTTP_202_ACCEPTED,
    operation_class=UploadOperation,
    request_max_body_size=None,
    response_headers=TICKET_HEADERS,
    responses={
        200: answer(
            FacesView,
            description="The faces, if the job ended within the time of `Prefer: wait`.",
        ),
        202: answer(JobView, "The job, which is accepted."),
    }
    | problems(400, 403, 408, 409, 410, 413, 415, 429),
)
async def detect_faces(
    request: ApiRequest,
    detect_faces: NamedDependency[DetectFaces],
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[JobView]:
    """Detects faces in files: in the response with `Prefer: wait=30`, else through the job."""
    take_in, view = detect_faces.take_in, detect_faces.view
    return await answer_upload(
        request, take_in, prefer, idempotency_key, operations="faces", view_finished=view
    )
