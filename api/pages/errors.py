"""Errors as pages show them: the same status and words as in a problem document.

Clients that do not ask for HTML get the problem document itself.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Template
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.http.errors import EXCEPTION_HANDLERS, Problem, answer_service_error
from api.http.headers import page_headers
from api.http.sessions import HTMX
from domain.errors.access import Unauthenticated

SIGN_IN = "/sign-in"
API = "/v1/"
HTML = "text/html"
SHOWN_PAGE = "hx-current-url"
MAX_PATH_CHARS = 512
"""Of the page to which one returns after signing in, with its query."""
_HEADERS = page_headers("'self'", "'self'")

AnyRequest = Request[Any, Any, Any]
Answer = Callable[[AnyRequest, Any], Response[Problem | None]]


def go_to(request: AnyRequest, path: str) -> Response[None]:
    """Send the browser to another page; htmx opens it in place of the whole page."""
    if HTMX in request.headers:
        return Response(None, status_code=200, headers={"HX-Redirect": path})
    return Response(None, status_code=HTTP_303_SEE_OTHER, headers={"Location": path})


def wants_page(request: AnyRequest) -> bool:
    """Return whether a client asks for a page; browsers and htmx do, by name."""
    return HTML in request.headers.get("accept", "")


def ask_to_sign_in(request: AnyRequest, error: Unauthenticated) -> Response[Any]:
    """Send a browser whose session has ended to sign in, and then back."""
    if not wants_page(request):
        return answer_service_error(request, error)
    if HTMX in request.headers:
        # A part of the page, or a change, was asked for: the page is what one returns to.
        shown = urlsplit(request.headers.get(SHOWN_PAGE, ""))
        path, query = shown.path, shown.query
    elif request.method == "GET":
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    else:
        return go_to(request, SIGN_IN)
    back = f"{path}?{query}" if query and len(path) + len(query) < MAX_PATH_CHARS else path
    return go_to(request, f"{SIGN_IN}?next={quote(back)}" if back else SIGN_IN)


def _as_page(
    answer: Answer, template: str = "layout/error.html"
) -> Callable[[AnyRequest, Exception], Response[Any] | Template]:
    def answer_page(request: AnyRequest, error: Exception) -> Response[Any] | Template:
        problem = answer(request, error)
        # There is no content for a client that has left.
        if not wants_page(request) or problem.content is None:
            return problem
        headers = {
            name: value
            for name, value in problem.headers.items()
            if name.lower() != "www-authenticate"
        }
        return Template(
            template,
            context={"problem": problem.content},
            status_code=problem.content.status,
            headers=headers | _HEADERS,
        )

    return answer_page


_as_unknown_page = _as_page(EXCEPTION_HANDLERS[HTTPException], "layout/unknown.html")


def answer_unknown_path(request: AnyRequest, error: Exception) -> Response[Any] | Template:
    """Answer for a path without a route: with a page where a browser asks for one."""
    if request.scope["path"].startswith(API):
        problem: Response[Any] = EXCEPTION_HANDLERS[HTTPException](request, error)
        return problem
    return _as_unknown_page(request, error)


APP_EXCEPTION_HANDLERS = EXCEPTION_HANDLERS | {NotFoundException: answer_unknown_path}
PAGE_EXCEPTION_HANDLERS: dict[Any, Any] = {
    kind: _as_page(answer) for kind, answer in EXCEPTION_HANDLERS.items()
} | {Unauthenticated: ask_to_sign_in}
