"""Users: who is similar, and deleting one with everything that was uploaded."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Template

from api.analytics.similar import FindSimilar
from api.http.leaving import unless_client_leaves
from api.jobs.changes import ChangeJobs
from api.jobs.follow import FollowJob
from api.pages.forms import Form, read_form
from api.schemas.histograms import SimilarView
from api.schemas.jobs import JobView
from api.state import ApiRequest
from domain.histograms.similarity import Metric
from domain.keys import MAX_USER_ID_CHARS, Scope, scope_of

MOST_USERS = 10
UserName = Annotated[str, QueryParameter(name="user", max_length=MAX_USER_ID_CHARS)]
TenantName = Annotated[str, QueryParameter(name="tenant", max_length=MAX_USER_ID_CHARS)]


class NamedOwner(msgspec.Struct, frozen=True):
    """The form that deletes a user."""

    user: str
    tenant: str = ""


@get("/users")
async def show_users() -> Template:
    """Show the forms for a user."""
    return _page("", "")


@get("/users/similar")
async def show_similar(
    request: ApiRequest,
    find_similar: NamedDependency[FindSimilar],
    user: UserName = "",
    tenant: TenantName = "",
) -> Template:
    """Show the users whose mean histograms are most similar to a user's, nearest first."""
    caller = request.user.within(tenant or None)
    finding = find_similar.find(
        caller.owner(user),
        None,
        scope_of(caller, user),
        MOST_USERS,
        Metric.HELLINGER,
        None,
        caller.visible_tenant,
    )
    return _page(user, tenant, similar=await unless_client_leaves(request.receive, finding))


@get("/users/delete")
async def ask_before_deletion(
    request: ApiRequest, user: UserName = "", tenant: TenantName = ""
) -> Template:
    """Ask whether a user is to be deleted."""
    request.user.within(tenant or None).owner(user)
    return _page(user, tenant, is_asked=True)


@post("/users/delete")
async def delete_user(
    request: ApiRequest, change_jobs: NamedDependency[ChangeJobs], data: URLEncodedBody[Form]
) -> Template:
    """Delete a user and everything that was uploaded for it, by a job that is shown."""
    named = read_form(NamedOwner, data, "admin.users")
    caller = request.user.within(named.tenant or None)
    job = await change_jobs.delete_user(caller.owner(named.user), caller)
    return _page(named.user, named.tenant, job=job)


@get("/users/deletions/{job_id:str}")
async def show_deletion(job_id: FromPath[str], follow_job: NamedDependency[FollowJob]) -> Template:
    """Show how far the deletion of a user is."""
    return Template("admin/deletion.html", context={"job": await follow_job.read(job_id, Scope())})


def _page(
    user: str,
    tenant: str,
    similar: SimilarView | None = None,
    job: JobView | None = None,
    *,
    is_asked: bool = False,
) -> Template:
    shown = {"user": user, "tenant": tenant, "similar": similar, "job": job, "is_asked": is_asked}
    return Template("admin/users.html", context=shown)


ROUTES = (show_users, show_similar, ask_before_deletion, delete_user, show_deletion)
