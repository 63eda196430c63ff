"""The client of Minilab, a self-hosted image service.

`Minilab` uploads, waits, follows, iterates and downloads, and has every operation of the service by
its tag: `minilab.images.get_image(image_id)`. `AsyncMinilab` is its twin for asyncio and trio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._async.link import AsyncMinilabLink
    from ._async.minilab import AsyncMinilab
    from ._sync.link import MinilabLink
    from ._sync.minilab import Minilab
    from .client import AuthenticatedClient, Client
    from .files import FileSource
    from .job_changes import JobChange
    from .problems import ApiError, ConnectionFailed, MinilabError, WaitTimedOut
    from .retries import Retries
    from .types import UNSET, File

__all__ = (
    "UNSET",
    "ApiError",
    "AsyncMinilab",
    "AsyncMinilabLink",
    "AuthenticatedClient",
    "Client",
    "ConnectionFailed",
    "File",
    "FileSource",
    "JobChange",
    "Minilab",
    "MinilabError",
    "MinilabLink",
    "Retries",
    "WaitTimedOut",
)

_MODULES = {
    "UNSET": ".types",
    "ApiError": ".problems",
    "AsyncMinilab": "._async.minilab",
    "AsyncMinilabLink": "._async.link",
    "AuthenticatedClient": ".client",
    "Client": ".client",
    "ConnectionFailed": ".problems",
    "File": ".types",
    "FileSource": ".files",
    "JobChange": ".job_changes",
    "Minilab": "._sync.minilab",
    "MinilabError": ".problems",
    "MinilabLink": "._sync.link",
    "Retries": ".retries",
    "WaitTimedOut": ".problems",
}


def __getattr__(name: str) -> Any:
    """Import a name at its first use; httpx alone takes a tenth of a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    """List the names that can be imported, for completion in a Python shell."""
    return list(__all__)
