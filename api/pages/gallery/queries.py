"""The search in the query of a page's URL: tidied, written into links, and shown in the form."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.state import ApiRequest
from domain.images.formats import ImageFormat
from domain.jobs import Status
from domain.key_scopes import KeyScope
from domain.keys import Caller

NEAR, RADIUS, TAG = "near", "radius_m", "tag"
PLACE = frozenset({"cursor", "limit"})
"""The parameters that say which part of the list is shown."""
FIELDS = frozenset(
    {
        "camera",
        "external_id",
        "format",
        "min_faces",
        NEAR,
        RADIUS,
        "status",
        TAG,
        "taken_from",
        "taken_to",
        "tenant",
        "uploaded_from",
        "uploaded_to",
        "user_id",
    }
)
"""The parameters of the search that the form has fields for; URLs may have the others, too."""
PREDICTED, MIN_PROBABILITY = "predicted", "min_probability"
LEARNED_FIELDS = frozenset({PREDICTED, MIN_PROBABILITY})
"""Those that it has fields for where the service learns."""
NEEDED = {RADIUS: NEAR, MIN_PROBABILITY: PREDICTED}
"""Parameters that mean something only beside another one."""
OWNER = ("user_id", "tenant")
RADIUSES_METERS = (100, 1_000, 10_000, 100_000)


class Filter(NamedTuple):
    """A condition of the search without a field in the form, and the search without it."""

    name: str
    value: str
    others: str


async def tidy_query(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Send a browser on to the URL without the fields that were left empty.

    The URL of a search is then short, and the same for the same search.
    """
    sent = _pairs(request)
    tidy = list(_tidied(sent))
    if tidy == sent:
        return None
    location = with_query(request.scope["path"], urlencode(tidy))
    return Response(None, status_code=HTTP_303_SEE_OTHER, headers={"Location": location})


def _tidied(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    given = {name for name, value in pairs if value.strip()}
    for name, value in pairs:
        if name == NEAR:
            value = "".join(value.split())  # noqa: PLW2901 -- maps write a blank after the comma
        parts = value.split(",") if name == TAG else [value]
        for part in parts:
            if (text := part.strip()) and NEEDED.get(name, name) in given:
                yield name, text


def search_of(request: ApiRequest) -> str:
    """Write the search of a request, without its place in the list."""
    return _encode(request, lambda name, _: name not in PLACE)


def owner_of(request: ApiRequest) -> str:
    """Write only whose data a request asks for."""
    return _encode(request, lambda name, _: name in OWNER)


def fields_of(request: ApiRequest) -> frozenset[str]:
    """Return the parameters that the form has fields for."""
    return FIELDS | LEARNED_FIELDS if learns(request) else FIELDS


def learns(request: ApiRequest) -> bool:
    """Return whether the service has labels and predictions."""
    return bool(request.app.state.settings.learning.learning)


def filters_of(request: ApiRequest) -> list[Filter]:
    """List the conditions that the form has no field for."""
    shown, in_form = [], fields_of(request)
    for name, value in _pairs(request):
        if name not in in_form | PLACE:
            others = _encode(
                request, lambda *pair, own=(name, value): pair != own and pair[0] not in PLACE
            )
            shown.append(Filter(name, value, others))
    return shown


def form_of(request: ApiRequest) -> dict[str, Any]:
    """Return what the form needs: the values that were sent, and the choices."""
    sent = request.query_params
    fields = fields_of(request)
    values = {name: sent.get(name, "") for name in fields}
    values[TAG] = ", ".join(sent.getall(TAG, []))
    return {
        "values": values,
        "is_search": bool(search_of(request)),
        "formats": list(ImageFormat),
        "statuses": list(Status),
        "radiuses": RADIUSES_METERS,
        "filters": filters_of(request),
        "has_predictions": fields >= LEARNED_FIELDS,
        "has_users": request.user.user_id is None,
        "has_tenants": request.user.is_admin and request.user.tenant is None,
    }


def may(caller: Caller, scope: KeyScope) -> bool:
    """Return whether to offer what needs a scope."""
    return caller.may_write and scope in caller.scopes


def with_query(path: str, query: str) -> str:
    """Append a query to a path, if there is one."""
    return f"{path}?{query}" if query else path


def _encode(request: ApiRequest, keep: Callable[[str, str], bool]) -> str:
    return urlencode([pair for pair in _pairs(request) if keep(*pair)])


def _pairs(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """List the parameters as they were sent; those of the framework come in any order."""
    query: bytes = request.scope["query_string"]
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
