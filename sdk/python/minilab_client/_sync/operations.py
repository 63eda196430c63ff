# Derived from _async/operations.py by `make sdk`: edit that file.
"""What all operations share: they raise the problem, send an `Idempotency-Key`, and turn pages."""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..problems import ApiError
from ..types import UNSET

if TYPE_CHECKING:
    from ..client import AuthenticatedClient


class Operations:
    """Calls the generated functions of one client."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def _call(self, function: Any, **arguments: Any) -> Any:
        """Call a generated function, and return the parsed answer.

        Raises:
            ApiError: The answer is not a success, or cannot be parsed.
            ConnectionFailed: There was no answer.
        """
        if arguments.get("idempotency_key", ...) is UNSET:
            arguments["idempotency_key"] = str(uuid4())
        try:
            return (function(client=self._client, **arguments)).parsed
        except (JSONDecodeError, KeyError) as error:
            detail = "the answer is not that of a Minilab service"
            raise ApiError(200, "unexpected_answer", detail) from error

    def _iterate(self, function: Any, **arguments: Any) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        cursor: Any = UNSET
        while True:
            page = function(cursor=cursor, **arguments)
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if not cursor:
                return
