"""The objects that handlers receive by parameter name."""

from typing import Any

from litestar import Request
from litestar.di import Provide

from api.state import AppState
from domain.keys import Caller


def provide(state: AppState) -> dict[str, Provide]:
    """Build each use case once, and name it for the handlers.

    A handler declares what it needs as ``name: NamedDependency[Type]``. The first name costs a
    request 0.01 ms; each further one 0.1 ms, because Litestar then resolves them in a task group.
    So one object for each handler, and ``request.user`` for the caller where that is enough.

    Args:
        state: What the composition root has built.

    Returns:
        A provider for each parameter name.
    """
    return {
        "caller": Provide(_caller, sync_to_thread=False),
        "estimates": _shared(state.estimates),
    }


def _shared(value: object) -> Provide:
    """Provide the same object to every request."""

    def give() -> Any:
        return value

    return Provide(give, sync_to_thread=False)


def _caller(request: Request[Caller, Any, AppState]) -> Caller:
    return request.user
