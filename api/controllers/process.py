"""The face-detection route: files in, faces out, in one request where the client waits."""

from litestar import Response, post
from litestar.status_codes import HTTP_202_ACCEPTED

from api.answers.accept_upload import Wishes, answer_drop_off
from api.contract.form_docs import UploadOperation
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.parameters import IdempotencyKey, Prefer
from api.schemas.jobs import FacesOfFile, FacesView, JobView, view_error
from api.state import ApiRequest
from domain.records import JobState


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
            FacesView, description="The faces, if the job ended within the time of `Prefer: wait`."
        ),
        202: answer(JobView, "The ticket."),
        **problems(400, 401, 403, 408, 409, 410, 413, 415, 422, 429, 503),
    },
)
async def detect_faces(
    request: ApiRequest, prefer: Prefer = None, idempotency_key: IdempotencyKey = None
) -> Response[JobView]:
    """Find faces in files: with `Prefer: wait=30` in the answer, else by the ticket it gives."""
    wishes = Wishes(prefer, idempotency_key, operations="faces", view_finished=_faces)
    return await answer_drop_off(request, wishes)


async def _faces(request: ApiRequest, state: JobState) -> FacesView:
    found = await request.app.state.stores.images.results_of(state.job.id, "faces")
    results = []
    for item in state.items:
        error = item.error or item.cells["faces"].error
        boxes = found.get(item.image_id) if item.image_id and error is None else None
        results.append(FacesOfFile(item.filename, boxes, view_error(error)))
    return FacesView(state.job.id, results)
