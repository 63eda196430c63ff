"""The inputs of routes, parameters and bodies, by the names that clients write."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

import msgspec
from litestar import Request
from litestar.di import Provide
from litestar.enums import ParamType, ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.types import ASGIApp, Receive, Scope, Send

from api.http.bodies import find_broken_rules
from api.http.expectations import (
    MAX_FAULTS,
    Found,
    explain_text,
    explain_value,
    shorten,
    suggest,
    takes_several,
    without_annotations,
)
from api.http.targets import is_utf8, refuse_text
from domain.errors.faults import list_faults, without_name
from domain.errors.requests import REPEATED, MalformedRequest, UnknownParameter
from storage.clock import utc_now

ANY_QUERY = "any_query"
"""Option of routes that ignore unknown query parameters, because other software calls them."""
BODY = "data"
SENT_JSON = "sent_json"

_NOTHING = object()
_WITH_FIELDS = ("multipart/form-data", "application/json")


class JsonKeepingRequest(Request[Any, Any, Any]):
    """A request that keeps its JSON body as it was sent, for the answer if it does not fit."""

    async def json(self) -> Any:
        """Parse the body."""
        value = await super().json()
        self.state[SENT_JSON] = value
        return value


class InvalidInput(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a request that is not as it must be; one of the places is given."""

    detail: str
    """What is wrong with it."""
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    """Field of the body: a JSON Pointer (RFC 6901) as a URI fragment. `#` is the whole body. Names
    a field of a form as well."""
    parameter: str | msgspec.UnsetType = msgspec.UNSET
    """Name of the parameter in the query or the path."""
    header: str | msgspec.UnsetType = msgspec.UNSET
    """Name of the header."""

    @property
    def sentence(self) -> str:
        """The fault with the name of the part, for people."""
        names = (self.parameter, self.header, self.pointer)
        return f"{next(name for name in names if name is not msgspec.UNSET)}: {self.detail}"


class Parameter(NamedTuple):
    """A parameter of a route."""

    name: str
    kind: ParamType
    expected: Any
    is_required: bool
    is_list: bool
    example: object

    def refuse(self, detail: str) -> InvalidInput:
        """Say that its value is wrong."""
        return _of_parameter(self.name, self.kind, detail)


class Inputs(NamedTuple):
    """The parameters of a route, and the type of its JSON body."""

    parameters: tuple[Parameter, ...]
    body: Any | None
    takes_any_query: bool

    def names(self, kind: ParamType) -> list[str]:
        """List the names of its parameters in one place."""
        return [one.name for one in self.parameters if one.kind == kind]


@lru_cache(maxsize=512)  # More than there are routes.
def inputs_of(handler: HTTPRouteHandler) -> Inputs:
    """Read what a route and the dependencies of its handler take."""
    parameters: dict[tuple[ParamType, str], Parameter] = {}
    body = None
    for field, described in _fields(handler.signature_model, handler.resolve_dependencies()):
        if field.name == BODY:
            body = without_annotations(field.type)
        elif isinstance(described, ParameterKwarg):
            name, kind = described.name or field.name, described.param_type
            example = next((one.value for one in described.examples or ()), None)
            is_list = takes_several(field.type)
            parameters[kind, name] = Parameter(
                name, kind, field.type, field.required, is_list, example
            )
    takes_any = not handler.resolve_include_in_schema() or bool(handler.opt.get(ANY_QUERY))
    return Inputs(tuple(parameters.values()), body, takes_any)


def find_faults(request: Request[Any, Any, Any]) -> list[InvalidInput]:
    """Find the values of a request that its route does not admit, :data:`MAX_FAULTS` at most.

    The body counts if it was read.
    """
    inputs = inputs_of(request.route_handler)
    faults = []
    for one in inputs.parameters:
        values = _values(request, one)
        detail = "is required" if one.is_required else None
        if values:
            detail = explain_text(values, one.expected, one.example)
        if detail:
            faults.append(one.refuse(detail))
    if inputs.body is not None:
        sent = request.state.get(SENT_JSON, _NOTHING)
        missing: list[Found] = [((), "must be sent as JSON")]
        found = missing if sent is _NOTHING else explain_value(sent, inputs.body)
        targets = request.app.state.settings.targets
        broken = find_broken_rules(sent, inputs.body, utc_now(), targets)
        found += [(tuple(name.split("/")), detail) for name, detail in broken.items()]
        faults += [InvalidInput(detail, pointer=_pointer(path)) for path, detail in found]
    return faults[:MAX_FAULTS]


def locate(name: str, detail: str, request: Request[Any, Any, Any]) -> InvalidInput:
    """Say where a client wrote a value: in a parameter of the route, else in the body.

    An empty name is the whole body.
    """
    detail = without_name(name, detail)
    handler = request.scope.get("route_handler")
    has_fields = request.headers.get("content-type", "").startswith(_WITH_FIELDS)
    for one in inputs_of(handler).parameters if isinstance(handler, HTTPRouteHandler) else ():
        # Uploads take the same fields in a form or, with a file as the body, in the query.
        is_field = has_fields and one.kind == ParamType.QUERY and name not in request.query_params
        if one.name == name and not is_field:
            return one.refuse(detail)
    return InvalidInput(detail, pointer=_pointer(name.split("/") if name else ()))


class KnownParameters:
    """Middleware: refuses query parameters that the route does not have or cannot read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection.

        Raises:
            UnknownParameter: The query has parameters that the route does not have.
            MalformedRequest: A value is not UTF-8, or is given twice.
        """
        if scope["type"] == ScopeType.HTTP and scope["query_string"]:
            check_query(Request(scope))
        await self._app(scope, receive, send)


def check_query(request: Request[Any, Any, Any]) -> None:
    """Refuse query parameters that the route does not have, and values that it cannot read.

    Raises:
        UnknownParameter: The route does not have some.
        MalformedRequest: A value is not UTF-8, or a parameter that is no list is repeated.
    """
    inputs = inputs_of(request.route_handler)
    if inputs.takes_any_query:
        return
    given, known = request.query_params, inputs.names(ParamType.QUERY)
    unknown = [name for name in given if name not in known][:MAX_FAULTS]
    details = (f"is not a parameter of this route{suggest(name, known)}" for name in unknown)
    faults = dict(zip(map(shorten, unknown), details, strict=True))
    lists = {one.name for one in inputs.parameters if one.is_list}
    several = [name for name in known if name not in lists and len(given.getall(name, [])) > 1]
    faults |= dict.fromkeys(several, REPEATED)
    if faults:
        kind = UnknownParameter if unknown else MalformedRequest
        raise kind(list_faults(faults), faults)
    if not is_utf8(query := request.scope["query_string"]):
        pairs = [pair.partition(b"=") for pair in query.split(b"&")]
        refuse_text(unquote_plus(name.decode()) for name, _, value in pairs if not is_utf8(value))


def _fields(
    model: type[Any], dependencies: Mapping[str, Provide]
) -> Iterator[tuple[msgspec.structs.FieldInfo, object]]:
    """Yield the fields of a handler and of what it depends on, with their documentation."""
    for field in msgspec.structs.fields(model):
        if field.name in dependencies:
            yield from _fields(dependencies[field.name].signature_model, dependencies)
        else:
            yield field, model._fields[field.name].kwarg_definition


def _values(request: Request[Any, Any, Any], parameter: Parameter) -> list[Any]:
    """Give what was sent for a parameter; one of the query can be repeated."""
    if parameter.kind == ParamType.QUERY:
        return list(request.query_params.getall(parameter.name, []))
    given = request.headers if parameter.kind == ParamType.HEADER else request.path_params
    return [given[parameter.name]] if parameter.name in given else []


def _of_parameter(name: str, kind: ParamType, detail: str) -> InvalidInput:
    if kind == ParamType.HEADER:
        return InvalidInput(detail, header=name)
    return InvalidInput(detail, parameter=name)


def _pointer(path: Iterable[str | int]) -> str:
    """Write a JSON Pointer as a URI fragment (RFC 6901, section 6)."""
    keys = (str(key).replace("~", "~0").replace("/", "~1") for key in path)
    return "#" + "".join(f"/{quote(key, safe='~')}" for key in keys)
