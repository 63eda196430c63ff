"""The configuration of uvicorn."""

from functools import partial
from typing import Any

import uvicorn
from litestar import Litestar

from api.server.protocol import Protocol
from api.settings import Settings

# Connections that wait to be taken; the kernel may allow less (net.core.somaxconn).
BACKLOG = 4096


def serving_config(app: Litestar, settings: Settings, **options: Any) -> uvicorn.Config:
    """Configure the server of an API; the options replace those of uvicorn."""
    http: Any = partial(Protocol, settings.uploads, app.state.connections, app.state.origins)
    return uvicorn.Config(
        app,
        host=settings.api.host,
        port=settings.api.port,
        backlog=BACKLOG,
        http=http,
        ws="none",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.api.trusted_proxies,
        timeout_graceful_shutdown=settings.api.drain_seconds,
        **options,
    )
