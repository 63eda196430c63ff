"""Routes of jobs."""

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.answers.accept_upload import answer_upload
from api.answers.image_filters import MARKS
from api.answers.job_answers import answer_job, ticket
from api.contract.form_docs import (
    UPLOAD_PROBLEMS,
    UPLOAD_ROUTE,
    UploadOperation,
)
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.guards import CHANGING
from api.http.parameters import (
    IdempotencyKey,
    IfNoneMatch,
    JobId,
    NamedTenant,
    NamedUser,
    Prefer,
    example,
)
from api.http.raw_fields import (
    RawAttributes,
    RawCallback,
    RawExternalId,
    RawGps,
    RawOperations,
    RawTags,
    RawTenant,
    RawUser,
    fields_of,
)
from api.jobs.changes import ChangeJobs
from api.jobs.follow import FollowJob
from api.schemas.jobs import JobSummaryView, JobView
from api.schemas.marks import MarkChanges, read_changes
from api.schemas.views import Cursor, Limit, Page
from api.state import ApiRequest
from api.uploads.take_in import TakeIn
from domain.jobs import Status
from domain.keys import scope_of
from domain.records import JobFilter

JOBS = "/v1/jobs"
ACCEPTED = answer(JobView, "The job, which is accepted.")
JOB_TAKEN = {
    200: answer(JobView, "The job ended within the time of `Prefer: wait`."),
    202: ACCEPTED,
}


class JobController(Controller):
    """Jobs."""

    path = JOBS
    tags = ("jobs",)

    @post(
        operation_id="createJob",
        summary="Upload files",
        operation_class=UploadOperation,
        responses=JOB_TAKEN | UPLOAD_PROBLEMS,
        **UPLOAD_ROUTE,
    )
    async def create_job(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
        operations: RawOperations = None,
        user_id: RawUser = None,
        tenant: RawTenant = None,
        gps: RawGps = None,
        callback_url: RawCallback = None,
        external_id: RawExternalId = None,
        tags: RawTags = None,
        attributes: RawAttributes = None,
    ) -> Response[JobView]:
        """Uploads any number of files, in form parts of any name, and creates a job for them.

        A file that cannot be used becomes an item with an error; the request only fails if it
        has no file at all. Once the job is accepted, every image reaches a final status.

        The body can also be a file itself, as in `POST /v1/jobs/file`, or name the URLs of files,
        as in `POST /v1/jobs/urls`.
        """
        query = fields_of(
            operations, user_id, tenant, gps, callback_url, external_id, tags, attributes
        )
        return await answer_upload(request, take_in, prefer, idempotency_key, query=query)

    @get(
        operation_id="listJobs",
        dependencies=MARKS,
        summary="List jobs",
        responses={200: answer(Page[JobSummaryView], "A page of jobs.")} | problems(403),
    )
    async def list_jobs(
        self,
        request: ApiRequest,
        follow_job: NamedDependency[FollowJob],
        user_id: NamedUser = None,
        tenant: NamedTenant = None,
        job_status: Annotated[
            Status | None,
            QueryParameter(
                name="status",
                required=False,
                description="Only jobs with this status.",
                examples=example("failed"),
            ),
        ] = None,
        *,
        marks: NamedDependency[tuple[str, ...]],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[JobSummaryView]:
        """Lists jobs, newest first."""
        scope = scope_of(request.user.within(tenant), user_id)
        return await follow_job.list_page(JobFilter(scope, job_status, cursor, marks), limit)

    @get(
        "/{job_id:str}",
        operation_id="getJob",
        summary="Retrieve a job",
        responses={
            200: answer(JobView, description="The job."),
            304: answer(None, description="The job is unchanged since the If-None-Match version."),
        }
        | problems(404, 410, 429),
        response_headers=[
            ResponseHeader(name="ETag", value="", documentation_only=True, description="Version."),
            TICKET_HEADERS[1],
        ],
    )
    async def get_job(
        self,
        request: ApiRequest,
        follow_job: NamedDependency[FollowJob],
        job_id: JobId,
        user_id: NamedUser = None,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[JobView | None]:
        """Retrieves a job, at once or, with `Prefer: wait=N`, when it ends or N seconds pass."""
        scope = scope_of(request.user, user_id)
        return await answer_job(request, follow_job, job_id, scope, prefer, if_none_match)

    @patch(
        "/{job_id:str}",
        operation_id="updateJob",
        summary="Update a job",
        opt=CHANGING,
        responses={200: answer(JobView, "The job.")} | problems(400, 403, 404, 410),
    )
    async def update_job(
        self,
        request: ApiRequest,
        change_jobs: NamedDependency[ChangeJobs],
        job_id: JobId,
        data: JSONBody[MarkChanges],
        user_id: NamedUser = None,
    ) -> JobView:
        """Changes the external ID, tags and attributes of a job; its images keep theirs.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        return await change_jobs.mark(job_id, scope_of(request.user, user_id), read_changes(data))

    @delete(
        "/{job_id:str}",
        operation_id="cancelJob",
        summary="Cancel a job",
        status_code=HTTP_200_OK,
        responses={200: answer(JobView, "The job after the cancellation.")} | problems(404, 410),
    )
    async def cancel_job(
        self,
        request: ApiRequest,
        change_jobs: NamedDependency[ChangeJobs],
        job_id: JobId,
        user_id: NamedUser = None,
    ) -> JobView:
        """Cancels the operations that have not run, and keeps the results of those that have.

        A job that has ended is left unchanged.
        """
        return await change_jobs.cancel(job_id, scope_of(request.user, user_id), request.user)

    @post(
        "/{job_id:str}/retry",
        operation_id="retryJob",
        summary="Retry a job",
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={202: answer(JobView, "The job, which is open again.")} | problems(404, 409, 410),
    )
    async def retry_job(
        self,
        request: ApiRequest,
        change_jobs: NamedDependency[ChangeJobs],
        job_id: JobId,
        user_id: NamedUser = None,
    ) -> Response[JobView]:
        """Runs the failed operations of a job again, and only those."""
        scope = scope_of(request.user, user_id)
        return ticket(request, await change_jobs.retry(job_id, scope, request.user))
