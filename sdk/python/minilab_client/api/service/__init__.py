"""The operations of the tag `service`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations

if TYPE_CHECKING:
    from ...models.capabilities import Capabilities
    from ...models.health import Health
    from ...models.readiness import Readiness


class ServiceOperations(Operations):
    """The operations of the tag `service`."""

    def get_health(
        self,
    ) -> Health:
        """Check that the process is alive.

        Returns `ok` if the process is alive. Does not check its dependencies.
        """
        from .get_health import sync_detailed

        return cast(
            "Health",
            self._call(
                sync_detailed,
            ),
        )

    def get_metrics(
        self,
    ) -> str:
        """Retrieve metrics.

        Returns the metrics of this process, of all live workers and of the queue, for Prometheus.

        Responds in the OpenMetrics format if `Accept` asks for it. No metric names a user. Requests
        from the machine of the service need no key, others an admin key, unless the service is
        configured otherwise.
        """
        from .get_metrics import sync_detailed

        return cast(
            "str",
            self._call(
                sync_detailed,
            ),
        )

    def get_readiness(
        self,
    ) -> Readiness:
        """Check that the service is ready.

        Reports whether MongoDB, Redis and a worker are available, and which is not.

        The status is public. The details are for requests from the machine of the service and
        for admin keys, unless the service is configured otherwise.
        """
        from .get_readiness import sync_detailed

        return cast(
            "Readiness",
            self._call(
                sync_detailed,
            ),
        )

    def get_capabilities(
        self,
    ) -> Capabilities:
        """Retrieve the capabilities.

        Retrieves the formats that can be decoded, the operations, and the limits.
        """
        from .get_capabilities import sync_detailed

        return cast(
            "Capabilities",
            self._call(
                sync_detailed,
            ),
        )


class AsyncServiceOperations(AsyncOperations):
    """The operations of the tag `service`, for asyncio and trio."""

    async def get_health(
        self,
    ) -> Health:
        """Check that the process is alive.

        Returns `ok` if the process is alive. Does not check its dependencies.
        """
        from .get_health import asyncio_detailed

        return cast(
            "Health",
            await self._call(
                asyncio_detailed,
            ),
        )

    async def get_metrics(
        self,
    ) -> str:
        """Retrieve metrics.

        Returns the metrics of this process, of all live workers and of the queue, for Prometheus.

        Responds in the OpenMetrics format if `Accept` asks for it. No metric names a user. Requests
        from the machine of the service need no key, others an admin key, unless the service is
        configured otherwise.
        """
        from .get_metrics import asyncio_detailed

        return cast(
            "str",
            await self._call(
                asyncio_detailed,
            ),
        )

    async def get_readiness(
        self,
    ) -> Readiness:
        """Check that the service is ready.

        Reports whether MongoDB, Redis and a worker are available, and which is not.

        The status is public. The details are for requests from the machine of the service and
        for admin keys, unless the service is configured otherwise.
        """
        from .get_readiness import asyncio_detailed

        return cast(
            "Readiness",
            await self._call(
                asyncio_detailed,
            ),
        )

    async def get_capabilities(
        self,
    ) -> Capabilities:
        """Retrieve the capabilities.

        Retrieves the formats that can be decoded, the operations, and the limits.
        """
        from .get_capabilities import asyncio_detailed

        return cast(
            "Capabilities",
            await self._call(
                asyncio_detailed,
            ),
        )
