"""Signing in with an API key, and signing out. The key is in no URL, no cookie and no log."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Template

from api.http.auth import READS, SESSION, find_key
from api.http.errors import answer_service_error
from api.http.guards import SCOPES
from api.http.sessions import ADMIN_PAGES, GALLERY, is_secure
from api.pages.errors import MAX_PATH_CHARS, SIGN_IN, go_to
from api.state import ApiRequest
from domain.errors.access import Unauthenticated
from domain.errors.capacity import TooManyWrongKeys
from domain.keys import Caller

MAX_KEY_CHARS = 512
NextPage = Annotated[str, QueryParameter(name="next", max_length=MAX_PATH_CHARS)]
# Visible ASCII may follow the question mark: browsers encode all else.
_OWN_PAGE = re.compile(rf"(?P<path>({GALLERY}|{ADMIN_PAGES})(/[A-Za-z0-9_-]+)*)(\?[!-\"$-~]*)?")


class SignIn(msgspec.Struct, frozen=True):
    """The form of the page."""

    key: Annotated[str, msgspec.Meta(max_length=MAX_KEY_CHARS)]


def refuse_key(request: Request[Any, Any, Any], error: Exception) -> Template:
    """Show the page again, with the reason why the key was not accepted."""
    problem = answer_service_error(request, error)  # type: ignore[arg-type]
    problem.headers.pop("WWW-Authenticate", None)
    return Template(
        "sessions/sign_in.html",
        context={"next": request.query_params.get("next", ""), "refusal": problem.content},
        status_code=problem.content.status,
        headers=problem.headers,
    )


@get(SIGN_IN)
async def show_sign_in(next_page: NextPage = "") -> Template:
    """Show the page that asks for a key."""
    return Template("sessions/sign_in.html", context={"next": next_page, "refusal": None})


@post(SIGN_IN, exception_handlers={Unauthenticated: refuse_key, TooManyWrongKeys: refuse_key})
async def sign_in(
    request: ApiRequest, data: URLEncodedBody[SignIn], next_page: NextPage = ""
) -> Response[None]:
    """Open a session for the holder of a key, and then the page that was asked for."""
    caller = await find_key(request, data.key.strip())
    cookies = await request.app.state.sessions.open(caller, is_secure=is_secure(request))
    answer = go_to(request, _page_after(caller, next_page))
    answer.cookies = cookies
    return answer


@post(
    [f"{GALLERY}/sign-out", f"{ADMIN_PAGES}/sign-out"],
    opt={SESSION: True, READS: True, SCOPES: frozenset()},
)
async def sign_out(request: ApiRequest) -> Response[None]:
    """Close the session."""
    cookies = await request.app.state.sessions.close(request)
    answer = go_to(request, "/")
    answer.cookies = cookies
    return answer


def _page_after(caller: Caller, asked: str) -> str:
    """Choose the page to open: the one that was asked for, if it is ours and for the caller."""
    first = ADMIN_PAGES if caller.is_admin else GALLERY
    found = _OWN_PAGE.fullmatch(asked)
    is_ours = found and not found["path"].endswith("/sign-out")
    if not is_ours or (asked.startswith(ADMIN_PAGES) and not caller.is_admin):
        return first
    return asked
