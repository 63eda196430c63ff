"""The large view of an image: its picture, results and likenesses; deletion."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from api.analytics.similar import FindSimilar
from api.answers.image_filters import FILTER
from api.answers.numbers import answer_histogram
from api.http.guards import CHANGING, SCOPES, learning_on
from api.http.leaving import unless_client_leaves
from api.images.images import ManageImages
from api.learning.labels import ManageLabels
from api.pages.errors import go_to
from api.pages.forms import TASK_INPUT, Form, read_form
from api.pages.gallery.alike import (
    NO_LIKENESSES,
    list_by_embedding,
    list_near_duplicates,
    list_similar,
)
from api.pages.gallery.pictures import all_pictures, choose_picture
from api.pages.gallery.queries import learns, may, owner_of, search_of, with_query
from api.schemas.labels import LabelRequest
from api.state import ApiRequest
from domain.image_search import ImageFilter
from domain.key_scopes import KeyScope
from domain.labels import TASK_PATTERN
from domain.plots.histogram import describe_histogram

PATH = "/gallery"


class LabelForm(msgspec.Struct, frozen=True):
    """The form that sets a label."""

    task: Annotated[str, msgspec.Meta(pattern=TASK_PATTERN)]
    value: str


@get("/images/{image_id:str}", dependencies=FILTER)
async def show_image(
    request: ApiRequest,
    manage_images: NamedDependency[ManageImages],
    wanted: NamedDependency[ImageFilter],
    image_id: FromPath[str],
) -> Template:
    """Show an image with all its results, and lead to its neighbours in the search."""
    image = await manage_images.read(image_id, wanted.scope, all_pictures(request))
    newer, older = await manage_images.find_neighbours(wanted, image_id)
    bins = image.histogram.bins if image.histogram else None
    context = {
        "image": image,
        "shown": choose_picture(image),
        "newer": newer,
        "older": older,
        "search": search_of(request),
        "owner": owner_of(request),
        "histogram": describe_histogram(bins) if bins else None,
        "may_delete": may(request.user, KeyScope.DELETE),
        "may_label": learns(request) and may(request.user, KeyScope.UPLOAD),
        "task_pattern": TASK_INPUT,
    }
    return Template("gallery/image.html", context=context)


@get("/images/{image_id:str}/histogram", dependencies=FILTER)
async def show_histogram(
    request: ApiRequest,
    manage_images: NamedDependency[ManageImages],
    wanted: NamedDependency[ImageFilter],
    image_id: FromPath[str],
) -> Response[bytes]:
    """Plot the histogram of an image."""
    return answer_histogram(request, *await manage_images.read_histogram(image_id, wanted.scope))


@get("/images/{image_id:str}/alike", dependencies=FILTER)
async def show_alike(
    request: ApiRequest,
    manage_images: NamedDependency[ManageImages],
    find_similar: NamedDependency[FindSimilar],
    wanted: NamedDependency[ImageFilter],
    image_id: FromPath[str],
) -> Template:
    """Show near-duplicates of an image and, to keys of several users, similar images."""
    context: dict[str, Any] = {"near": NO_LIKENESSES, "similar": NO_LIKENESSES}
    context["owner"] = owner_of(request)
    context["image_id"] = image_id
    context["shown_alike"] = NO_LIKENESSES
    if learns(request):
        finding = list_by_embedding(request, manage_images, wanted.scope, image_id)
        context["shown_alike"] = await unless_client_leaves(request.receive, finding)
    context["near"] = await list_near_duplicates(request, manage_images, wanted.scope, image_id)
    if request.user.user_id is None:
        finding = list_similar(request, manage_images, find_similar, wanted.scope, image_id)
        context["similar"] = await unless_client_leaves(request.receive, finding)
    return Template("gallery/alike.html", context=context)


@post(
    "/images/{image_id:str}/label",
    dependencies=FILTER,
    guards=[learning_on],
    opt=CHANGING,
)
async def label_image(
    request: ApiRequest,
    manage_labels: NamedDependency[ManageLabels],
    image_id: FromPath[str],
    data: URLEncodedBody[Form],
) -> Response[None]:
    """Set a label, and show the image again."""
    sent = request.query_params
    caller = request.user.within(sent.get("tenant"))
    label = read_form(LabelForm, data, "gallery")
    body = LabelRequest(label.value)
    await manage_labels.set_one(caller, sent.get("user_id"), image_id, label.task, body)
    return go_to(request, with_query(f"{PATH}/images/{image_id}", search_of(request)))


@post(
    "/images/{image_id:str}/delete",
    dependencies=FILTER,
    opt={SCOPES: frozenset({KeyScope.DELETE})},
)
async def delete_image(
    request: ApiRequest,
    manage_images: NamedDependency[ManageImages],
    image_id: FromPath[str],
) -> Response[None]:
    """Delete an image, and go back to the search."""
    sent = request.query_params
    caller = request.user.within(sent.get("tenant"))
    await manage_images.delete(image_id, caller, sent.get("user_id"))
    return go_to(request, with_query(PATH, search_of(request)))


ROUTES = (show_image, show_histogram, show_alike, label_image, delete_image)
