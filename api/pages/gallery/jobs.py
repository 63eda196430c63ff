"""Jobs: a list, and a page with the matrix of images and operations."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from api.answers.archives import ArchiveDownload
from api.answers.image_filters import MARKS
from api.http.guards import SCOPES
from api.http.parameters import NamedTenant, NamedUser
from api.images.archives import ArchiveRequest, ReadArchives
from api.jobs.changes import ChangeJobs
from api.jobs.follow import FollowJob
from api.pages.errors import go_to
from api.pages.gallery.queries import form_of, may, owner_of, search_of, tidy_query, with_query
from api.schemas.images import ImageVariant
from api.schemas.views import Cursor
from api.state import ApiRequest
from domain.jobs import TERMINAL, Status
from domain.key_scopes import KeyScope
from domain.keys import Scope, scope_of
from domain.records import JobFilter

PATH = "/gallery/jobs"
PAGE_JOBS = 30
PAGE_ROWS = 100
"""Images of a job that its page shows at once."""
StatusWanted = Annotated[Status | None, QueryParameter(name="status")]
FirstRow = Annotated[int, QueryParameter(name="first", ge=0, le=1_000_000)]


@get("/jobs", dependencies=MARKS, before_request=tidy_query)
async def show_jobs(
    request: ApiRequest,
    follow_job: NamedDependency[FollowJob],
    marks: NamedDependency[tuple[str, ...]],
    user_id: NamedUser = None,
    tenant: NamedTenant = None,
    job_status: StatusWanted = None,
    cursor: Cursor = None,
) -> Template:
    """Show the jobs, newest first."""
    scope = scope_of(request.user.within(tenant), user_id)
    page = await follow_job.list_page(JobFilter(scope, job_status, cursor, marks), PAGE_JOBS)
    context = {"page": page, "search": search_of(request), "form": form_of(request)}
    return Template("gallery/jobs.html", context=context | {"owner": owner_of(request)})


@get("/jobs/{job_id:str}")
async def show_job(
    request: ApiRequest,
    follow_job: NamedDependency[FollowJob],
    job_id: FromPath[str],
    first: FirstRow = 0,
) -> Template:
    """Show a job: its progress, and the status of each operation on each image."""
    job = await follow_job.read(job_id, _scope(request))
    return Template(
        "gallery/job.html",
        context={
            "job": job,
            "rows": job.items[first : first + PAGE_ROWS],
            "first": first,
            "page_rows": PAGE_ROWS,
            "is_open": job.status not in TERMINAL,
            "may_retry": may(request.user, KeyScope.UPLOAD),
            "may_cancel": may(request.user, KeyScope.DELETE),
            "can_retry": any(
                cell.status is Status.FAILED
                for item in job.items
                if item.image_id
                for cell in item.operations.values()
            ),
            "owner": owner_of(request),
            "search": search_of(request),
        },
    )


@post("/jobs/{job_id:str}/retry")
async def retry_job(
    request: ApiRequest, change_jobs: NamedDependency[ChangeJobs], job_id: FromPath[str]
) -> Response[None]:
    """Run the failed operations of a job again."""
    await change_jobs.retry(job_id, _scope(request), request.user)
    return _back(request, job_id)


@post("/jobs/{job_id:str}/cancel", opt={SCOPES: frozenset({KeyScope.DELETE})})
async def cancel_job(
    request: ApiRequest, change_jobs: NamedDependency[ChangeJobs], job_id: FromPath[str]
) -> Response[None]:
    """Cancel what has not run, and keep what has."""
    await change_jobs.cancel(job_id, _scope(request), request.user)
    return _back(request, job_id)


@get("/jobs/{job_id:str}/archive")
async def download_job(
    request: ApiRequest, archives: NamedDependency[ReadArchives], job_id: FromPath[str]
) -> Response[Any]:
    """Download the files of a job as a ZIP archive."""
    asked = ArchiveRequest(ImageVariant.ORIGINAL, None, None)
    found = await archives.of_job(job_id, _scope(request), asked)
    return ArchiveDownload(request, archives, found)


def _scope(request: ApiRequest) -> Scope:
    sent = request.query_params
    return scope_of(request.user.within(sent.get("tenant")), sent.get("user_id"))


def _back(request: ApiRequest, job_id: str) -> Response[None]:
    return go_to(request, with_query(f"{PATH}/{job_id}", owner_of(request)))


ROUTES = (show_jobs, show_job, retry_job, cancel_job, download_job)
