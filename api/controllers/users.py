"""The route that deletes a user."""

from litestar import Response, delete
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_202_ACCEPTED

from api.answers.job_answers import ticket
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.guards import may_delete_user
from api.http.parameters import NamedTenant, UserId
from api.jobs.changes import ChangeJobs
from api.schemas.jobs import JobView
from api.state import ApiRequest


@delete(
    "/v1/users/{user_id:str}",
    operation_id="deleteUser",
    tags=["users"],
    summary="Delete a user",
    guards=[may_delete_user],
    status_code=HTTP_202_ACCEPTED,
    response_headers=TICKET_HEADERS,
    responses={202: answer(JobView, "The job that deletes the user.")} | problems(403, 404),
)
async def delete_user(
    request: ApiRequest,
    change_jobs: NamedDependency[ChangeJobs],
    user_id: UserId,
    tenant: NamedTenant = None,
) -> Response[JobView]:
    """Deletes a user and everything they uploaded.

    The deletion runs as a job that counts images; the job is kept for 30 days and cannot be
    canceled. Uploads that are accepted after this request are kept, and API keys of the user
    stay valid: to prevent new uploads, revoke them first. A second request while the job runs
    returns the same job, which then includes what was uploaded in between.
    """
    caller = request.user.within(tenant)
    job = await change_jobs.delete_user(caller.owner(user_id), caller)
    return ticket(request, job)
