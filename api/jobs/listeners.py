"""Counts the event streams and the held answers of clients."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors.capacity import ListenersFull, TooManyListeners
from domain.fairness.admission import tenant_of
from domain.keys import Caller
from domain.limits import ListenerLimits

ROOM_SECONDS = 5.0


class Listeners:
    """Counts the listeners of this process, in all and of each tenant."""

    def __init__(self, limits: ListenerLimits) -> None:
        self.count = 0
        self.limits = limits
        self._of_tenant: Counter[str] = Counter()

    @contextmanager
    def place_for(self, caller: Caller) -> Iterator[None]:
        """Count a listener for as long as the context lasts.

        Raises:
            TooManyListeners: The tenant has reached its limit.
            ListenersFull: The process has reached its limit.
        """
        tenant = tenant_of(caller)
        self._check_room(tenant)
        self._add(tenant, 1)
        try:
            yield
        finally:
            self._add(tenant, -1)

    def _check_room(self, tenant: str | None) -> None:
        most, of_tenant = self.limits.max_listeners, self.limits.tenant_max_listeners
        if of_tenant and tenant is not None and self._of_tenant[tenant] >= of_tenant:
            raise TooManyListeners(
                f"{of_tenant} streams or held answers of yours are open. Close some, or poll the "
                "jobs without `Prefer: wait` instead.",
                ROOM_SECONDS,
            )
        if most and self.count >= most:
            raise ListenersFull(
                "Try again later, or poll the job without `Prefer: wait` instead.", ROOM_SECONDS
            )

    def _add(self, tenant: str | None, more: int) -> None:
        self.count += more
        if tenant is not None:
            self._of_tenant[tenant] += more
            if not self._of_tenant[tenant]:
                del self._of_tenant[tenant]
