"""What every answer on the routes of links carries, problem documents included."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

NO_STORE = {"Cache-Control": "no-store"}

LINK_PATHS = ("/v1/uploads", "/v1/upload-links")


async def keep_tokens_here(message: Message, scope: Scope) -> None:
    """Have nobody keep an answer to, or hand on the address of, a request that has a token."""
    if message["type"] == "http.response.start" and scope["path"].startswith(LINK_PATHS):
        headers = MutableScopeHeaders.from_message(message)
        headers["Cache-Control"] = "no-store"
        headers["Referrer-Policy"] = "no-referrer"
