"""Dead letters: why the service gave an image up, and what to do with it."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Template

from api.jobs.dead_letters import ManageDeadLetters
from api.pages.admin.forms import PAGE_ITEMS
from api.pages.errors import go_to
from api.pages.forms import Form, read_form
from api.schemas.dead_letters import ChosenDeadLetters, DeadLetterCode, DeadLetterFilterView
from api.schemas.views import Cursor
from api.state import ApiRequest

PATH = "/admin/dead-letters"
WithCode = Annotated[DeadLetterCode | None, QueryParameter(name="code")]


@get("/dead-letters")
async def show_dead_letters(
    manage_dead_letters: NamedDependency[ManageDeadLetters],
    code: WithCode = None,
    cursor: Cursor = None,
) -> Template:
    """Show the dead letters, newest image first."""
    page = await manage_dead_letters.list_page(None, code, None, PAGE_ITEMS, cursor)
    shown = {"page": page, "code": code, "codes": list(DeadLetterCode)}
    return Template("admin/dead_letters.html", context=shown)


@post("/dead-letters/{letter_id:str}/retry")
async def retry_dead_letter(
    request: ApiRequest,
    manage_dead_letters: NamedDependency[ManageDeadLetters],
    letter_id: FromPath[str],
) -> Response[None]:
    """Run the failed operations of an image again."""
    await manage_dead_letters.retry(request.user, letter_id)
    return go_to(request, PATH)


@post("/dead-letters/{letter_id:str}/discard")
async def discard_dead_letter(
    request: ApiRequest,
    manage_dead_letters: NamedDependency[ManageDeadLetters],
    letter_id: FromPath[str],
) -> Response[None]:
    """Remove a dead letter from the list."""
    await manage_dead_letters.discard(request.user, letter_id)
    return go_to(request, PATH)


@post("/dead-letters/retry")
async def retry_dead_letters(
    request: ApiRequest,
    manage_dead_letters: NamedDependency[ManageDeadLetters],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Run up to 1,000 images again: all, or those with one error."""
    await manage_dead_letters.retry_many(request.user, _chosen(data))
    return go_to(request, PATH)


@post("/dead-letters/discard")
async def discard_dead_letters(
    request: ApiRequest,
    manage_dead_letters: NamedDependency[ManageDeadLetters],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Remove up to 1,000 dead letters: all, or those with one error."""
    await manage_dead_letters.discard_many(request.user, _chosen(data))
    return go_to(request, PATH)


def _chosen(form: Form) -> ChosenDeadLetters:
    return ChosenDeadLetters(filter=read_form(DeadLetterFilterView, form, "admin.dead_letters"))


ROUTES = (
    show_dead_letters,
    retry_dead_letter,
    discard_dead_letter,
    retry_dead_letters,
    discard_dead_letters,
)
