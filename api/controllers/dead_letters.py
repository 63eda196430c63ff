"""Dead letters: what the service gave up, for admins to look at, retry or discard."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.contract.examples import (
    EXAMPLE_CHOSEN_DEAD_LETTERS,
    EXAMPLE_DEAD_LETTER,
    EXAMPLE_DEAD_LETTER_PAGE,
    EXAMPLE_DISCARDED,
    EXAMPLE_RETRIED,
    EXAMPLE_TICKET,
)
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.auth import admins_only
from api.http.example_values import EXAMPLE_ID
from api.jobs.retry import retry_letters
from api.schemas.dead_letters import (
    MAX_CHOSEN,
    ChosenDeadLetters,
    DeadLetterCode,
    DeadLetterView,
    DiscardedView,
    RetriedView,
    view_dead_letter,
)
from api.schemas.jobs import JobView, view_job
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.state import ApiRequest
from domain.errors.access import NotFound
from domain.errors.requests import InvalidValue
from domain.fairness.estimates import retry_after
from domain.keys import MAX_USER_ID_CHARS, Scope
from storage.ledger.dead_letters import DeadLetter, DeadLetterFilter
from storage.stores import Stores

LetterId = Annotated[
    str,
    PathParameter(
        max_length=64, description="The image's ID.", examples=[Example(value=EXAMPLE_ID)]
    ),
]
OfUser = Annotated[
    str | None,
    QueryParameter(
        name="user_id",
        required=False,
        max_length=MAX_USER_ID_CHARS,
        description="Only this user's.",
    ),
]
WithCode = Annotated[
    DeadLetterCode | None, QueryParameter(required=False, description="Only those with this error.")
]
OfJob = Annotated[
    str | None, QueryParameter(required=False, max_length=64, description="Only those of this job.")
]
ChosenBody = Annotated[
    ChosenDeadLetters,
    BodyKwarg(
        media_type=RequestEncodingType.JSON,
        examples=[Example(value=EXAMPLE_CHOSEN_DEAD_LETTERS)],
    ),
]


class DeadLetterController(Controller):
    """Dead letters."""

    path = "/v1/dead-letters"
    tags = ("dead letters",)
    guards = (admins_only,)

    @get(
        operation_id="listDeadLetters",
        summary="List what was given up",
        responses={
            200: answer(Page[DeadLetterView], "A page.", EXAMPLE_DEAD_LETTER_PAGE),
            **problems(401, 403, 422, 503),
        },
    )
    async def list_dead_letters(
        self,
        request: ApiRequest,
        user_id: OfUser = None,
        code: WithCode = None,
        job_id: OfJob = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[DeadLetterView]:
        """List the images that the service gave up, the newest image first.

        A file that is damaged or refused is none: only what ended its process again and again,
        took too long, was begun too often, or met a mistake of the service's own.
        """
        wanted = DeadLetterFilter(user_id, code, job_id, before=cursor)
        letters = await request.app.state.stores.dead_letters.list_page(wanted, limit + 1)
        ids = [letter.image_id for letter in letters]
        return cut_page([view_dead_letter(letter) for letter in letters], limit, ids)

    @get(
        "/{dead_letter_id:str}",
        operation_id="getDeadLetter",
        summary="Read a dead letter",
        responses={
            200: answer(DeadLetterView, "The letter.", EXAMPLE_DEAD_LETTER),
            **problems(401, 403, 404, 422, 503),
        },
    )
    async def get_dead_letter(
        self, request: ApiRequest, dead_letter_id: LetterId
    ) -> DeadLetterView:
        """Read why an image was given up, and how the attempts at it went."""
        return view_dead_letter(await request.app.state.stores.dead_letters.get(dead_letter_id))

    @post(
        "/{dead_letter_id:str}/retry",
        operation_id="retryDeadLetter",
        summary="Try a dead letter again",
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={
            202: answer(JobView, "Its job, which is open again.", EXAMPLE_TICKET),
            **problems(401, 403, 404, 410, 422, 503),
        },
    )
    async def retry_dead_letter(
        self, request: ApiRequest, dead_letter_id: LetterId
    ) -> Response[JobView]:
        """Run the failed operations of an image again; it is no dead letter until they fail."""
        app = request.app.state
        letter = await app.stores.dead_letters.get(dead_letter_id)
        await app.stores.jobs.get(letter.job_id, Scope())
        if not await retry_letters(app.stores, [letter]):
            raise NotFound
        job = await app.stores.jobs.get(letter.job_id, Scope())
        place = await app.estimates.place_of(job)
        headers = {
            "Location": f"/v1/jobs/{job.id}",
            "Retry-After": str(retry_after(place.eta_seconds)),
        }
        state = await app.tickets.with_items(job)
        return Response(view_job(state, place, app.settings.rules), headers=headers)

    @delete(
        "/{dead_letter_id:str}",
        operation_id="discardDeadLetter",
        summary="Discard a dead letter",
        responses=problems(401, 403, 404, 422, 503),
    )
    async def discard_dead_letter(self, request: ApiRequest, dead_letter_id: LetterId) -> None:
        """Take a letter off the list; its image stays failed."""
        if not await request.app.state.stores.dead_letters.discard([dead_letter_id]):
            raise NotFound

    @post(
        "/retry",
        operation_id="retryDeadLetters",
        summary="Try many dead letters again",
        status_code=HTTP_202_ACCEPTED,
        responses={
            202: answer(RetriedView, "How many are tried again.", EXAMPLE_RETRIED),
            **problems(400, 401, 403, 422, 503),
        },
    )
    async def retry_dead_letters(self, request: ApiRequest, data: ChosenBody) -> RetriedView:
        """Run the failed operations of up to 1,000 images again, by their IDs or by a filter."""
        stores = request.app.state.stores
        wanted = _wanted(data)
        chosen = await stores.dead_letters.list_page(wanted, MAX_CHOSEN)
        retried = await retry_letters(stores, chosen)
        return RetriedView(retried, *await _rest(stores, wanted, chosen, retried))

    @post(
        "/discard",
        operation_id="discardDeadLetters",
        summary="Discard many dead letters",
        status_code=HTTP_200_OK,
        responses={
            200: answer(DiscardedView, "How many are gone.", EXAMPLE_DISCARDED),
            **problems(400, 401, 403, 422, 503),
        },
    )
    async def discard_dead_letters(self, request: ApiRequest, data: ChosenBody) -> DiscardedView:
        """Take up to 1,000 letters off the list, by their IDs or by a filter."""
        stores = request.app.state.stores
        wanted = _wanted(data)
        chosen = await stores.dead_letters.list_page(wanted, MAX_CHOSEN)
        discarded = await stores.dead_letters.discard([letter.image_id for letter in chosen])
        return DiscardedView(discarded, *await _rest(stores, wanted, chosen, discarded))


def _wanted(chosen: ChosenDeadLetters) -> DeadLetterFilter:
    if (chosen.ids is None) == (chosen.filter is None):
        raise InvalidValue("Send ids or a filter, one of them.")
    if chosen.filter is None:
        return DeadLetterFilter(ids=chosen.ids)
    return DeadLetterFilter(**msgspec.structs.asdict(chosen.filter))


async def _rest(
    stores: Stores, wanted: DeadLetterFilter, chosen: list[DeadLetter], done: int
) -> tuple[int, int]:
    """Count what was asked for and is not done: what was skipped, and what is left."""
    if wanted.ids is not None:
        return len(set(wanted.ids)) - done, 0
    return len(chosen) - done, await stores.dead_letters.count(wanted)
