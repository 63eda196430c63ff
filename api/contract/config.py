"""The contract as it is served, and its parts that belong to no operation."""

import functools
from pathlib import Path
from typing import Any

from litestar import Response, Router, get
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Server, Tag

from api.contract.introduction import DESCRIPTION
from api.http.auth import OPEN, Connection
from api.http.headers import PUBLIC, conditional, content_etag, page_headers
from api.http.parameters import IfNoneMatch
from domain.errors.access import NotFound
from domain.version import VERSION

DOCUMENT = Path(__file__).parents[2] / "openapi" / "openapi.json"
TAGS = {
    "jobs": "Upload files and follow their processing.",
    "images": "Search images, retrieve results, download pictures.",
    "api keys": "Create and revoke API keys. For admins, and for back ends with a service key.",
    "upload links": "Invite people without an API key to upload. For admins and back ends.",
    "models": "Models that predict images from labels: training, metrics, promotion. For admins.",
    "audit": "Who did what. For admins.",
    "uploads through links": "Upload with the token of an upload link instead of an API key.",
    "resumable uploads": "Upload files in several requests by the tus protocol, with a key or the "
    "token of an upload link.",
    "dead letters": "Inspect, retry and discard images that the service gave up. For admins.",
    "batches": "Do work over stored images: compute, make sizes, check, remove. For admins.",
    "webhooks": "Receive events by HTTP, and inspect deliveries.",
    "users": "Delete a user and everything they uploaded.",
    "statistics": "Totals over all images. For admins.",
    "learning": "Label images. Only where the service learns (`MINILAB_LEARNING`).",
    "histograms": "Histograms across images, and similar users.",
    "service": "Capabilities, health and metrics of the service.",
}


@functools.cache
def read_contract() -> bytes:
    """Read the committed contract.

    Raises:
        OSError: The file is missing.
    """
    return DOCUMENT.read_bytes()


@get("/openapi.json", include_in_schema=False, opt={OPEN: True, PUBLIC: True}, sync_to_thread=False)
def get_contract(if_none_match: IfNoneMatch = None) -> Response[Any]:
    """Serve the contract."""
    contract = Response(read_contract(), media_type="application/json")
    return conditional(if_none_match, content_etag(read_contract()), contract)


async def only_the_page(connection: Connection, _: BaseRouteHandler) -> None:
    """Refuse other paths below the page: Litestar answers them with a page of its own.

    Raises:
        NotFound: The path has more than the page's.
    """
    if connection.path_params:
        raise NotFound("There is no such page.")


def openapi_config(page: OpenAPIRenderPlugin) -> OpenAPIConfig:
    """Make the configuration of the contract, which a page shows at ``/docs``."""
    return OpenAPIConfig(
        title="Minilab",
        version=VERSION,
        summary="Upload photos, get a ticket at once, and collect the results later.",
        description=DESCRIPTION,
        contact=Contact(name="The operator of this service"),
        servers=[Server(url="/", description="The service that serves this contract.")],
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name=name, description=description) for name, description in TAGS.items()],
        security=[{"apiKey": []}],
        components=Components(
            security_schemes={
                "apiKey": SecurityScheme(
                    type="http", scheme="bearer", description="`Authorization: Bearer <key>`"
                ),
                "linkToken": SecurityScheme(
                    type="http", scheme="bearer", description="`Authorization: Bearer <token>`"
                ),
            }
        ),
        openapi_router=Router(
            path="/docs",
            route_handlers=[],
            guards=[only_the_page],
            opt={OPEN: True, PUBLIC: True},
            include_in_schema=False,
            # Swagger UI shows icons of its stylesheet, and answers that are images.
            response_headers=page_headers("'self' data: blob:"),
        ),
        use_handler_docstrings=True,
        render_plugins=[page],
    )
