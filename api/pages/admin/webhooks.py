"""Webhooks: created, tested, paused, their secrets rotated; and their deliveries."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Template

from api.http.guards import webhooks_configured
from api.http.parameters import DAY_SECONDS
from api.pages.admin.forms import PAGE_ITEMS, as_utc, source_of
from api.pages.errors import go_to
from api.pages.forms import Form, as_list, read_form
from api.schemas.views import Cursor
from api.schemas.webhooks import (
    RedeliverFailed,
    WebhookChanges,
    WebhookRequest,
    WebhookWithSecretView,
)
from api.state import ApiRequest
from api.webhooks.deliveries import CALLBACKS, ManageDeliveries
from api.webhooks.endpoints import ManageWebhooks
from domain.keys import webhook_scope
from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.events import SELECTABLE

PATH = "/admin/webhooks"
GUARDS = [webhooks_configured]
WithStatus = Annotated[DeliveryStatus | None, QueryParameter(name="status")]


class FailedSince(msgspec.Struct, frozen=True):
    """The form that sends failed events again."""

    since: str


@get("/webhooks", guards=GUARDS)
async def show_webhooks(
    request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], cursor: Cursor = None
) -> Template:
    """Show the webhooks, newest first, with the form of a new one."""
    return await _page(request, webhooks, cursor)


@post("/webhooks", guards=GUARDS)
async def create_webhook(
    request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], data: URLEncodedBody[Form]
) -> Template:
    """Create a webhook, and show its secret once."""
    created = await webhooks.create(source_of(request), _read_request(data))
    return await _page(request, webhooks, None, created.made)


@post("/webhooks/{webhook_id:str}/rotate", guards=GUARDS)
async def rotate_secret(
    request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], webhook_id: FromPath[str]
) -> Template:
    """Replace the secret of a webhook, and show the new one once."""
    rotated = await webhooks.rotate(source_of(request), webhook_id, DAY_SECONDS)
    return await _page(request, webhooks, None, rotated.made)


@post("/webhooks/{webhook_id:str}/status", guards=GUARDS)
async def change_status(
    request: ApiRequest,
    webhooks: NamedDependency[ManageWebhooks],
    webhook_id: FromPath[str],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Enable, pause or disable a webhook."""
    await webhooks.change(
        webhook_id, request.user, read_form(WebhookChanges, data, "admin.webhooks")
    )
    return go_to(request, PATH)


@post("/webhooks/{webhook_id:str}/change", guards=GUARDS)
async def change_webhook(
    request: ApiRequest,
    webhooks: NamedDependency[ManageWebhooks],
    webhook_id: FromPath[str],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Change the address, the remark and the types of events of a webhook."""
    chosen = _read_request(data)
    changes = WebhookChanges(chosen.url, chosen.event_types, chosen.note)
    await webhooks.change(webhook_id, request.user, changes)
    return go_to(request, PATH)


@post("/webhooks/{webhook_id:str}/delete", guards=GUARDS)
async def delete_webhook(
    request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], webhook_id: FromPath[str]
) -> Response[None]:
    """Delete a webhook."""
    await webhooks.delete(webhook_id, request.user)
    return go_to(request, PATH)


@post("/webhooks/{webhook_id:str}/test", guards=GUARDS)
async def test_webhook(
    request: ApiRequest, deliveries: NamedDependency[ManageDeliveries], webhook_id: FromPath[str]
) -> Response[None]:
    """Send a test event."""
    await deliveries.test(webhook_id, webhook_scope(request.user))
    return go_to(request, f"{PATH}/{webhook_id}")


@get("/webhooks/{webhook_id:str}", guards=GUARDS)
async def show_deliveries(
    request: ApiRequest,
    deliveries: NamedDependency[ManageDeliveries],
    webhook_id: FromPath[str],
    status: WithStatus = None,
    cursor: Cursor = None,
) -> Template:
    """Show the deliveries of a webhook, newest first."""
    scope = webhook_scope(request.user)
    page = await deliveries.list_page(webhook_id, scope, status, PAGE_ITEMS, cursor)
    shown = {
        "page": page,
        "webhook_id": webhook_id,
        "status": status,
        "statuses": list(DeliveryStatus),
    }
    return Template("admin/deliveries.html", context=shown)


@get("/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}", guards=GUARDS)
async def show_delivery(
    request: ApiRequest,
    deliveries: NamedDependency[ManageDeliveries],
    webhook_id: FromPath[str],
    delivery_id: FromPath[str],
) -> Template:
    """Show a delivery with its attempts and their answers."""
    delivery = await deliveries.read(webhook_id, webhook_scope(request.user), delivery_id)
    shown = {"delivery": delivery, "webhook_id": webhook_id}
    return Template("admin/delivery.html", context=shown)


@post("/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}/redeliver", guards=GUARDS)
async def redeliver(
    request: ApiRequest,
    deliveries: NamedDependency[ManageDeliveries],
    webhook_id: FromPath[str],
    delivery_id: FromPath[str],
) -> Response[None]:
    """Send an event again."""
    await deliveries.redeliver(webhook_id, request.user, delivery_id)
    return go_to(request, f"{PATH}/{webhook_id}")


@post("/webhooks/{webhook_id:str}/redeliver", guards=GUARDS)
async def redeliver_failed(
    request: ApiRequest,
    deliveries: NamedDependency[ManageDeliveries],
    webhook_id: FromPath[str],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Send everything again that has failed since a time."""
    since = read_form(FailedSince, data, "admin.deliveries").since
    wanted = read_form(RedeliverFailed, {"since": as_utc(since)}, "admin.deliveries")
    await deliveries.redeliver_failed(webhook_id, request.user, wanted.since)
    return go_to(request, f"{PATH}/{webhook_id}")


@post("/webhooks/release", guards=GUARDS)
async def release_webhooks(
    request: ApiRequest, deliveries: NamedDependency[ManageDeliveries]
) -> Response[None]:
    """Release all webhooks that are held."""
    await deliveries.release(request.user)
    return go_to(request, PATH)


def _read_request(form: Form) -> WebhookRequest:
    fields: dict[str, Any] = form | {"event_types": as_list(form.get("event_types"))}
    return read_form(WebhookRequest, fields, "admin.webhooks")


async def _page(
    request: ApiRequest,
    webhooks: ManageWebhooks,
    cursor: str | None,
    created: WebhookWithSecretView | None = None,
) -> Template:
    page = await webhooks.list_page(webhook_scope(request.user), PAGE_ITEMS, cursor)
    shown = {"page": page, "created": created, "types": SELECTABLE, "callbacks": CALLBACKS}
    return Template("admin/webhooks.html", context=shown)


ROUTES = (
    show_webhooks,
    create_webhook,
    rotate_secret,
    change_status,
    change_webhook,
    delete_webhook,
    test_webhook,
    show_deliveries,
    show_delivery,
    redeliver,
    redeliver_failed,
    release_webhooks,
)
