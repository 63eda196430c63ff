"""Batches: work over stored images, started, followed, canceled."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from api.batches.batches import ManageBatches
from api.pages.admin.forms import PAGE_ITEMS
from api.pages.errors import go_to
from api.pages.forms import Form, as_list, read_form
from api.schemas.batches import BatchRequest, BatchStore, BatchView
from api.schemas.views import Cursor
from api.state import ApiRequest
from domain.batches import OTHER_OPERATIONS
from domain.errors.access import WrongState
from domain.images.formats import ImageFormat
from domain.images.operations import available_operations
from domain.images.sizes import PictureFormat

PATH = "/admin/batches"
FILTER_FIELDS = ("user_id", "tenant", "camera", "format", "tag", "older_than_days")


@get("/batches")
async def show_batches(
    request: ApiRequest,
    manage_batches: NamedDependency[ManageBatches],
    cursor: Cursor = None,
) -> Template:
    """Show the batches, newest first, with the form of a new one."""
    settings, stores = request.app.state.settings, request.app.state.stores
    page = await manage_batches.list_page(PAGE_ITEMS, cursor)
    shown = {
        "page": page,
        "batches": [_shown(batch) for batch in page.items],
        "operations": [
            *(one.name for one in available_operations(learning=settings.learning.learning)),
            *OTHER_OPERATIONS,
        ],
        "formats": list(ImageFormat),
        "picture_formats": list(PictureFormat),
        "widths": settings.sizes.widths,
        "stores": list(BatchStore) if stores.blob_stores.has_bucket else [BatchStore.GRIDFS],
    }
    return Template("admin/batches.html", context=shown)


@post("/batches")
async def start_batch(
    request: ApiRequest,
    manage_batches: NamedDependency[ManageBatches],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Start a batch."""
    await manage_batches.start(
        request.user, read_form(BatchRequest, _fields(data), "admin.batches")
    )
    return go_to(request, PATH)


@get("/batches/{batch_id:str}")
async def show_batch(
    manage_batches: NamedDependency[ManageBatches], batch_id: FromPath[str]
) -> Template:
    """Show how far a batch is."""
    return Template("admin/batch.html", context=_shown(await manage_batches.read(batch_id)))


@post("/batches/{batch_id:str}/cancel")
async def cancel_batch(
    request: ApiRequest,
    manage_batches: NamedDependency[ManageBatches],
    batch_id: FromPath[str],
) -> Response[None]:
    """Cancel a batch."""
    await manage_batches.cancel(request.user, batch_id)
    return go_to(request, PATH)


@post("/batches/{batch_id:str}/run")
async def run_counted(
    request: ApiRequest,
    manage_batches: NamedDependency[ManageBatches],
    batch_id: FromPath[str],
) -> Response[None]:
    """Do what a dry run has counted, with no more images than it counted."""
    counted = await manage_batches.read(batch_id)
    if not counted.dry_run or not counted.selected:
        raise WrongState("Only a dry run that has counted images can be run.")
    await manage_batches.start(request.user, _as_counted(counted))
    return go_to(request, PATH)


def _shown(batch: BatchView) -> dict[str, Any]:
    """Give a batch, and the conditions of its filter that were set."""
    return {"batch": batch, "conditions": msgspec.to_builtins(batch.filter)}


def _as_counted(counted: BatchView) -> BatchRequest:
    return BatchRequest(
        operation=counted.operation,
        filter=counted.filter,
        force=counted.force,
        widths=counted.widths or None,
        formats=counted.formats or None,
        max_images=counted.selected,
        store=counted.store,
    )


def _fields(form: Form) -> dict[str, Any]:
    """Turn the fields of the form into those of the request."""
    fields: dict[str, Any] = dict(form)
    for name in ("widths", "formats"):
        fields[name] = as_list(fields.get(name))
    wanted = {name: value for name in FILTER_FIELDS if (value := fields.pop(name, ""))}
    if tags := as_list(wanted.pop("tag", "")):
        parts = [tag.strip() for one in tags for tag in one.split(",")]
        wanted["tag"] = [tag for tag in parts if tag]
    return fields | {"filter": wanted}


ROUTES = (show_batches, start_batch, show_batch, cancel_batch, run_counted)
