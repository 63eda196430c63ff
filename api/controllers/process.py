"""The face-detection route: files in, faces out."""

from litestar import Response, post
from litestar.di import NamedDependency

from api.answers.accept_upload import answer_upload
from api.contract.form_docs import UPLOAD_PROBLEMS, UPLOAD_ROUTE, UploadOperation
from api.contract.route_docs import answer
from api.http.parameters import IdempotencyKey, Prefer
from api.schemas.jobs import FacesView, JobView
from api.state import ApiRequest
from api.uploads.faces import DetectFaces


@post(
    "/process",
    operation_id="detectFaces",
    tags=["jobs"],
    summary="Detect faces",
    operation_class=UploadOperation,
    responses={
        200: answer(FacesView, "The faces, if the job ended within the time of `Prefer: wait`."),
        202: answer(JobView, "The job, which is accepted."),
    }
    | UPLOAD_PROBLEMS,
    **UPLOAD_ROUTE,
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
