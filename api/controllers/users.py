"""Users: gone with everything of theirs."""

from litestar import Controller, Response, delete
from litestar.status_codes import HTTP_202_ACCEPTED

from api.contract.examples import EXAMPLE_USER_DELETION
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.parameters import UserId
from api.schemas.jobs import JobView, view_job
from api.state import ApiRequest
from domain.fairness.estimates import retry_after
from domain.keys import Scope, check_may_delete
from domain.records import JobState


class UserController(Controller):
    """Whose images these are."""

    path = "/v1/users"
    tags = ("users",)

    @delete(
        "/{user_id:str}",
        operation_id="deleteUser",
        summary="Delete a user",
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={
            202: answer(JobView, "The job to follow.", EXAMPLE_USER_DELETION),
            **problems(401, 403, 404, 422, 503),
        },
    )
    async def delete_user(self, request: ApiRequest, user_id: UserId) -> Response[JobView]:
        """Remove all images and jobs of a user that were accepted before, and what names them.

        What is accepted from now on stays, and keys go on working: revoke them first where
        nothing more is to come. The job counts images; it is kept for 30 days, and cannot be
        canceled. Asking again while it runs gives the same job, which takes along what has come
        since.
        """
        check_may_delete(request.user, user_id)
        app = request.app.state
        job_id = await app.stores.user_deletion.ask(user_id, request.user)
        job = await app.stores.jobs.get(job_id, Scope())
        place = await app.estimates.place_of(job)
        headers = {
            "Location": f"/v1/jobs/{job.id}",
            "Retry-After": str(retry_after(place.eta_seconds)),
        }
        return Response(view_job(JobState(job, []), place, app.settings.rules), headers=headers)
