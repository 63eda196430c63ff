"""Jobs: drop files off, follow the ticket."""

import asyncio
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.documentation import answer, problems
from api.examples import EXAMPLE_JOB, EXAMPLE_JOB_PAGE, EXAMPLE_TICKET
from api.forms import UploadOperation
from api.preferences import is_known, wait_seconds
from api.requests import EXAMPLE_ID, ApiRequest, IfNoneMatch, NamedUser, Prefer
from api.schemas.jobs import JobSummaryView, JobView, view_job, view_summary
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.tickets import JobState, make_drop_off
from api.uploads import receive_form
from domain.errors import UploadTooSlow
from domain.jobs import TERMINAL, Status
from domain.keys import Scope, scope_of
from storage.blobs import BlobIntake
from storage.jobs import JobFilter

JobId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]
TICKET_HEADERS = [
    ResponseHeader(
        name="Location", value="", documentation_only=True, description="The status route."
    ),
    ResponseHeader(
        name="Retry-After",
        value="",
        documentation_only=True,
        description="Seconds after which asking again is worth it.",
    ),
]


async def take_in(request: ApiRequest, operations: str | None = None) -> JobState:
    """Take a request's files in and give a ticket.

    Args:
        request: The request.
        operations: What to do, whatever the form says; None: as the form says.

    Returns:
        The job as it was accepted; durable.
    """
    state = request.app.state
    intake = BlobIntake(state.stores.database["blobs.chunks"])
    limits = state.settings.uploads
    try:
        # The sweeper removes bytes without a parent by their age: no upload may take that long.
        async with asyncio.timeout(limits.max_upload_seconds):
            form = await receive_form(
                request.stream(),
                request.headers.get("content-type"),
                request.content_length,
                intake,
                limits,
            )
        wanted = operations or form.fields.get("operations")
        drop_off = make_drop_off(form, intake, request.user, wanted)
    except TimeoutError as error:
        await intake.discard()
        raise UploadTooSlow(f"The limit is {limits.max_upload_seconds:g} seconds.") from error
    except BaseException:
        await intake.discard()
        raise
    accepted: JobState = await state.tickets.accept(drop_off)
    return accepted


async def wait_for(request: ApiRequest, accepted: JobState, prefer: str | None) -> JobState:
    """Wait for a job that was just accepted, as long as the client prefers."""
    seconds = wait_seconds(prefer)
    if not seconds or accepted.job.status in TERMINAL:
        return accepted
    tickets = request.app.state.tickets
    job = await tickets.wait(accepted.job.id, Scope(), seconds, known=accepted.job)
    state: JobState = await tickets.with_items(job)
    return state


async def answer_ticket(
    request: ApiRequest, state: JobState, prefer: str | None, content: Any = None
) -> Response[Any]:
    """Answer with a job: 200 if the client waited for its end, else 202 and where to look."""
    estimates = request.app.state.estimates
    queue = await estimates.queue_of(state.job)
    waited = wait_seconds(prefer)
    done = waited is not None and state.job.status in TERMINAL
    headers = {"Location": f"/v1/jobs/{state.job.id}"}
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if not done:
        headers["Retry-After"] = str(estimates.retry_after(queue[1]))
    return Response(
        content if done and content is not None else view_job(state, queue),
        status_code=HTTP_200_OK if done else HTTP_202_ACCEPTED,
        headers=headers,
    )


class JobController(Controller):
    """Tickets."""

    path = "/v1/jobs"
    tags = ("jobs",)

    @post(
        operation_id="createJob",
        summary="Drop files off",
        status_code=HTTP_202_ACCEPTED,
        operation_class=UploadOperation,
        request_max_body_size=None,
        response_headers=TICKET_HEADERS,
        responses={
            200: answer(JobView, "The job ended within the time of `Prefer: wait`.", EXAMPLE_JOB),
            202: answer(JobView, "The ticket.", EXAMPLE_TICKET),
            **problems(400, 401, 403, 408, 413, 415, 422, 503),
        },
    )
    async def create_job(self, request: ApiRequest, prefer: Prefer = None) -> Response[JobView]:
        """Take any number of files, whatever their field names, and give a ticket for them.

        A file that cannot be used becomes an item with an error; the request fails only when
        no part is a file. From the ticket on, every image reaches an end by itself.
        """
        state = await wait_for(request, await take_in(request), prefer)
        return await answer_ticket(request, state, prefer)

    @get(
        operation_id="listJobs",
        summary="List jobs",
        responses={
            200: answer(Page[JobSummaryView], "A page.", EXAMPLE_JOB_PAGE),
            **problems(401, 422, 503),
        },
    )
    async def list_jobs(
        self,
        request: ApiRequest,
        user_id: NamedUser = None,
        job_status: Annotated[Status | None, QueryParameter(name="status", required=False)] = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[JobSummaryView]:
        """List jobs, newest first."""
        wanted = JobFilter(scope_of(request.user, user_id), job_status, cursor)
        jobs = await request.app.state.stores.jobs.list_page(wanted, limit + 1)
        return cut_page([view_summary(job) for job in jobs], limit, [job.id for job in jobs])

    @get(
        "/{job_id:str}",
        operation_id="getJob",
        summary="Follow a ticket",
        responses={
            200: answer(JobView, description="The job.", example=EXAMPLE_JOB),
            304: answer(None, description="Not changed since the version of If-None-Match."),
            **problems(401, 404, 422, 503),
        },
        response_headers=[
            ResponseHeader(name="ETag", value="", documentation_only=True, description="Version."),
            TICKET_HEADERS[1],
        ],
    )
    async def get_job(
        self,
        request: ApiRequest,
        job_id: JobId,
        user_id: NamedUser = None,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[JobView | None]:
        """Read a job, at once or, with `Prefer: wait=N`, when it has ended or N seconds passed."""
        app, scope = request.app.state, scope_of(request.user, user_id)
        waited = wait_seconds(prefer)
        job = await app.tickets.wait(job_id, scope, waited or 0)
        queue = await app.estimates.queue_of(job)
        etag = f"{job.id}-{job.version}-{queue[0]}"
        headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
        if waited is not None:
            headers["Preference-Applied"] = f"wait={waited}"
        if job.status not in TERMINAL:
            headers["Retry-After"] = str(app.estimates.retry_after(queue[1]))
        if is_known(if_none_match, etag):
            return Response(None, status_code=304, headers=headers)
        return Response(view_job(await app.tickets.with_items(job), queue), headers=headers)
