"""Responses that show a new secret."""

from typing import TypeVar

from litestar import Response

from api.access.create_once import Created, RequestKey
from api.http.auth import shown_secret
from api.http.idempotency import REPLAYED
from api.http.parameters import IdempotencyKey
from api.state import ApiRequest

ViewT = TypeVar("ViewT")


def request_key(request: ApiRequest, idempotency_key: IdempotencyKey = None) -> RequestKey:
    """Return what a repetition of a request is recognised by."""
    secret = shown_secret(request.headers["authorization"])
    return RequestKey(request.user, request.scope["path"], secret, idempotency_key)


def answer_created(created: Created[ViewT]) -> Response[ViewT]:
    """Answer with a new object and its secret."""
    return Response(created.made, headers=REPLAYED if created.is_replayed else {})
