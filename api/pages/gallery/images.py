"""The large view of an image: its picture, results and likenesses; deletion."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from api.analytics.similar import FindSimilar
from api.answers.image_filters import FILTER
from api.answers.numbers import answer_histogram
from api.http.guards import SCOPES
from api.http.leaving import unless_client_leaves
from api.images.images import ManageImages
from api.pages.errors import go_to
from api.pages.gallery.alike import NO_LIKENESSES, list_near_duplicates, list_similar
from api.pages.gallery.pictures import all_pictures, choose_picture
from api.pages.gallery.queries import may, owner_of, search_of, with_query
from api.state import ApiRequest
from domain.image_search import ImageFilter
from domain.key_scopes import KeyScope
from domain.plots.histogram import describe_histogram

PATH = "/gallery"


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
    context["near"] = await list_near_duplicates(request, manage_images, wanted.scope, image_id)
    if request.user.user_id is None:
        finding = list_similar(request, manage_images, find_similar, wanted.scope, image_id)
        context["similar"] = await unless_client_leaves(request.receive, finding)
    return Template("gallery/alike.html", context=context)


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


ROUTES = (show_image, show_histogram, show_alike, delete_image)
