"""Routes of dead letters, for admins."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.answers.job_answers import ticket
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.guards import admins_only
from api.http.parameters import EXAMPLE_ID, NamedTenant, example, id_of
from api.jobs.dead_letters import ManageDeadLetters
from api.schemas.dead_letters import (
    ChosenDeadLetters,
    DeadLetterCode,
    DeadLetterView,
    DiscardedView,
    RetriedView,
)
from api.schemas.jobs import JobView
from api.schemas.views import Cursor, Limit, Page
from api.state import ApiRequest
from domain.keys import MAX_USER_ID_CHARS
from domain.tenants import owner_id

LetterId = Annotated[str, id_of("image")]
OfUser = Annotated[
    str | None,
    QueryParameter(
        name="user_id",
        max_length=MAX_USER_ID_CHARS,
        description="Only dead letters of this user.",
        examples=example("u1"),
    ),
]
WithCode = Annotated[
    DeadLetterCode | None,
    QueryParameter(
        description="Only dead letters with this error.", examples=example("decoder_died")
    ),
]
OfJob = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description="Only dead letters of this job.",
        examples=example(EXAMPLE_ID),
    ),
]


class DeadLetterController(Controller):
    """Dead letters."""

    path = "/v1/dead-letters"
    tags = ("dead letters",)
    guards = (admins_only,)

    @get(
        operation_id="listDeadLetters",
        summary="List dead letters",
        responses={200: answer(Page[DeadLetterView], "A page of dead letters.")} | problems(403),
    )
    async def list_dead_letters(
        self,
        manage_dead_letters: NamedDependency[ManageDeadLetters],
        user_id: OfUser = None,
        tenant: NamedTenant = None,
        code: WithCode = None,
        job_id: OfJob = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[DeadLetterView]:
        """Lists the images that the service gave up, newest image first.

        An image is given up if it ended its process several times, took too long, was started too
        often, or met an internal error. Damaged and refused files are not dead letters.
        """
        owner = None if user_id is None else owner_id(tenant, user_id)
        return await manage_dead_letters.list_page(owner, code, job_id, limit, cursor)

    @get(
        "/{dead_letter_id:str}",
        operation_id="getDeadLetter",
        summary="Retrieve a dead letter",
        responses={200: answer(DeadLetterView, "The dead letter.")} | problems(403, 404),
    )
    async def get_dead_letter(
        self, manage_dead_letters: NamedDependency[ManageDeadLetters], dead_letter_id: LetterId
    ) -> DeadLetterView:
        """Retrieves the reason why an image was given up, and its last failed attempts."""
        return await manage_dead_letters.read(dead_letter_id)

    @post(
        "/{dead_letter_id:str}/retry",
        operation_id="retryDeadLetter",
        summary="Retry a dead letter",
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={202: answer(JobView, "The open job of the image.")} | problems(403, 404, 410),
    )
    async def retry_dead_letter(
        self,
        request: ApiRequest,
        manage_dead_letters: NamedDependency[ManageDeadLetters],
        dead_letter_id: LetterId,
    ) -> Response[JobView]:
        """Runs the failed operations of an image again. It is a dead letter again if they fail."""
        job = await manage_dead_letters.retry(request.user, dead_letter_id)
        return ticket(request, job)

    @delete(
        "/{dead_letter_id:str}",
        operation_id="discardDeadLetter",
        summary="Discard a dead letter",
        responses=problems(403, 404),
    )
    async def discard_dead_letter(
        self,
        request: ApiRequest,
        manage_dead_letters: NamedDependency[ManageDeadLetters],
        dead_letter_id: LetterId,
    ) -> None:
        """Removes a dead letter from the list. Its image stays failed."""
        await manage_dead_letters.discard(request.user, dead_letter_id)

    @post(
        "/retry",
        operation_id="retryDeadLetters",
        summary="Retry dead letters",
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(RetriedView, "The number of dead letters.")} | problems(400, 403),
    )
    async def retry_dead_letters(
        self,
        request: ApiRequest,
        manage_dead_letters: NamedDependency[ManageDeadLetters],
        data: JSONBody[ChosenDeadLetters],
    ) -> RetriedView:
        """Runs the failed operations of up to 1,000 images again, by IDs or by a filter."""
        return await manage_dead_letters.retry_many(request.user, data)

    @post(
        "/discard",
        operation_id="discardDeadLetters",
        summary="Discard dead letters",
        status_code=HTTP_200_OK,
        responses={200: answer(DiscardedView, "The number of dead letters.")} | problems(400, 403),
    )
    async def discard_dead_letters(
        self,
        request: ApiRequest,
        manage_dead_letters: NamedDependency[ManageDeadLetters],
        data: JSONBody[ChosenDeadLetters],
    ) -> DiscardedView:
        """Removes up to 1,000 dead letters from the list, by IDs or by a filter."""
        return await manage_dead_letters.discard_many(request.user, data)
