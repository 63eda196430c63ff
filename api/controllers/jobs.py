"""Jobs: drop files off, follow the ticket."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.answers.accept_upload import Wishes, answer_drop_off
from api.answers.follow_job import answer_job
from api.contract.form_docs import UploadOperation
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.parameters import IdempotencyKey, IfNoneMatch, JobId, NamedUser, Prefer
from api.schemas.jobs import JobSummaryView, JobView, view_job, view_summary
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.state import ApiRequest
from domain.errors.access import NothingToRetry
from domain.fairness.estimates import Place, retry_after
from domain.jobs import JobChange, Status
from domain.keys import scope_of
from domain.records import Job
from storage.catalog.jobs import JobFilter

SETTLING_SECONDS = 2.0


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
            200: answer(JobView, "The job ended within the time of `Prefer: wait`."),
            202: answer(JobView, "The ticket."),
            **problems(400, 401, 403, 408, 409, 410, 413, 415, 422, 429, 503),
        },
    )
    async def create_job(
        self,
        request: ApiRequest,
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[JobView]:
        """Take any number of files, whatever their field names, and give a ticket for them.

        A file that cannot be used becomes an item with an error; the request fails only when
        no part is a file. From the ticket on, every image reaches an end by itself.
        """
        return await answer_drop_off(request, Wishes(prefer, idempotency_key))

    @get(
        operation_id="listJobs",
        summary="List jobs",
        responses={
            200: answer(Page[JobSummaryView], "A page."),
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
            200: answer(JobView, description="The job."),
            304: answer(None, description="Not changed since the version of If-None-Match."),
            **problems(401, 404, 410, 422, 503),
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
        scope = scope_of(request.user, user_id)
        return await answer_job(request, job_id, scope, prefer, if_none_match)

    @delete(
        "/{job_id:str}",
        operation_id="cancelJob",
        summary="Cancel a job",
        status_code=HTTP_200_OK,
        responses={
            200: answer(JobView, "The job as it stands then."),
            **problems(401, 404, 410, 422, 503),
        },
    )
    async def cancel_job(
        self, request: ApiRequest, job_id: JobId, user_id: NamedUser = None
    ) -> JobView:
        """Cancel what has not run, and keep what has. A job that has ended stays as it is."""
        app, scope = request.app.state, scope_of(request.user, user_id)
        await app.stores.jobs.get(job_id, scope)
        if await app.stores.cancellation.cancel_job(job_id):
            await app.stores.job_events.publish_cancel(job_id)
        await app.stores.job_events.publish(await app.stores.ledger.settle(job_id))
        # Where somebody else settles it at this moment, the end is seen a moment later.
        job = await app.tickets.wait(job_id, scope, SETTLING_SECONDS)
        return await _show(request, job, await app.estimates.place_of(job))

    @post(
        "/{job_id:str}/retry",
        operation_id="retryJob",
        summary="Run again what failed",
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={
            202: answer(JobView, "The job, which is open again."),
            **problems(401, 404, 409, 410, 422, 503),
        },
    )
    async def retry_job(
        self, request: ApiRequest, job_id: JobId, user_id: NamedUser = None
    ) -> Response[JobView]:
        """Run the failed cells of a job again, and only those."""
        app, scope = request.app.state, scope_of(request.user, user_id)
        await app.stores.jobs.get(job_id, scope)
        hints = await app.stores.retry.reopen_job(job_id)
        if not hints:
            raise NothingToRetry("No image of this job has failed; refused files have no bytes.")
        app.stores.hints.send_soon(hints)
        job = await app.stores.jobs.get(job_id, scope)
        await app.stores.job_events.publish(JobChange(job.id, job.version, job.status))
        place = await app.estimates.place_of(job)
        headers = {
            "Location": f"/v1/jobs/{job.id}",
            "Retry-After": str(retry_after(place.eta_seconds)),
        }
        return Response(await _show(request, job, place), headers=headers)


async def _show(request: ApiRequest, job: Job, place: Place) -> JobView:
    app = request.app.state
    return view_job(await app.tickets.with_items(job), place, app.settings.rules)
