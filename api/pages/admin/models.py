"""Models: trained, compared, promoted; and the images that are unlike all others."""

from typing import Annotated, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from api.answers.image_filters import DEFAULT_DISTANCE
from api.answers.numbers import draw_drift, draw_model
from api.http.guards import learning_on
from api.http.headers import SVG, SVG_HEADERS
from api.http.parameters import Task, VersionNumber
from api.images.images import ManageImages
from api.jobs.follow import FollowJob
from api.models.models import ManageModels
from api.pages.errors import go_to
from api.pages.forms import TASK_INPUT, Form, read_form
from api.pages.gallery.pictures import thumbnails
from api.schemas.images import ListedImageView
from api.schemas.jobs import JobView
from api.schemas.models import ModelVersionDetailView, ModelView
from api.state import ApiRequest
from domain.image_search import ImageFilter
from domain.keys import Scope, scope_of
from domain.labels import TASK_PATTERN
from domain.learning.drift import ALERT_AT
from domain.learning.models import PROMOTABLE, Model
from domain.plots.drift import describe_drift

PATH = "/admin/models"
GUARDS = [learning_on]
MOST_ANOMALIES = 12


class TrainingForm(msgspec.Struct, frozen=True):
    """The form that begins a training."""

    task: Annotated[str, msgspec.Meta(pattern=TASK_PATTERN)]


class Live(NamedTuple):
    """The version of a task that predicts, and what the last comparison says of it."""

    model: Model
    view: ModelVersionDetailView
    drift: str | None

    @property
    def has_drifted(self) -> bool:
        """Whether what arrives differs from what the version learned."""
        watched = self.model.watched
        return bool(watched) and (watched[-1].feature_psi or 0.0) > ALERT_AT


@get("/models", guards=GUARDS)
async def show_models(
    request: ApiRequest,
    manage_models: NamedDependency[ManageModels],
    manage_images: NamedDependency[ManageImages],
) -> Template:
    """Show the model of each task, and the images that are unlike all others."""
    return await _overview(request, manage_models, manage_images)


@post("/models/train", guards=GUARDS)
async def train_model(
    request: ApiRequest,
    manage_models: NamedDependency[ManageModels],
    manage_images: NamedDependency[ManageImages],
    data: URLEncodedBody[Form],
) -> Template:
    """Begin a training, by a job that is shown."""
    task = read_form(TrainingForm, data, "admin.models").task
    job = await manage_models.train(request.user, task)
    return await _overview(request, manage_models, manage_images, job)


@get("/models/trainings/{job_id:str}", guards=GUARDS)
async def show_training(job_id: FromPath[str], follow_job: NamedDependency[FollowJob]) -> Template:
    """Show how far a training is."""
    job = await follow_job.read(job_id, Scope())
    return Template("admin/training.html", context={"job": job})


@get("/models/{task:str}", guards=GUARDS)
async def show_model(manage_models: NamedDependency[ManageModels], task: Task) -> Template:
    """Show the versions of a task."""
    model = await manage_models.read(task)
    shown = {"model": model, "live": await _live(manage_models, model), "promotable": PROMOTABLE}
    return Template("admin/model.html", context=shown)


@post("/models/{task:str}/versions/{version:int}/promote", guards=GUARDS)
async def promote_version(
    request: ApiRequest,
    manage_models: NamedDependency[ManageModels],
    task: Task,
    version: VersionNumber,
) -> Response[None]:
    """Make a version live."""
    await manage_models.promote(request.user, task, version)
    return go_to(request, f"{PATH}/{task}")


@get(
    "/plots/models/{task:str}/{version:int}",
    guards=GUARDS,
    response_headers=SVG_HEADERS,
    media_type=SVG,
)
async def plot_version(
    manage_models: NamedDependency[ManageModels], task: Task, version: VersionNumber
) -> Response[str]:
    """Draw the confusion matrix and the calibration of a version."""
    model, _ = await manage_models.read_version(task, version)
    return Response(draw_model(model), media_type=SVG)


@get(
    "/plots/drift/{task:str}/{version:int}",
    guards=GUARDS,
    response_headers=SVG_HEADERS,
    media_type=SVG,
)
async def plot_comparisons(
    manage_models: NamedDependency[ManageModels], task: Task, version: VersionNumber
) -> Response[str]:
    """Draw how a version fared, night by night."""
    model, _ = await manage_models.read_version(task, version)
    return Response(draw_drift(model), media_type=SVG)


async def _overview(
    request: ApiRequest,
    manage_models: ManageModels,
    manage_images: ManageImages,
    job: JobView | None = None,
) -> Template:
    models = (await manage_models.list_all()).items
    shown = {
        "models": [(model, await _live(manage_models, model)) for model in models],
        "anomalies": await _list_anomalies(request, manage_images),
        "job": job,
        "task_pattern": TASK_INPUT,
    }
    return Template("admin/models.html", context=shown)


async def _live(manage_models: ManageModels, model: ModelView) -> Live | None:
    if model.live_version is None:
        return None
    found, view = await manage_models.read_version(model.task, model.live_version)
    return Live(found, view, describe_drift(found.watched) if found.watched else None)


async def _list_anomalies(
    request: ApiRequest, manage_images: ManageImages
) -> list[ListedImageView]:
    wanted = ImageFilter(scope_of(request.user), anomalous=True)
    page = await manage_images.list_page(
        wanted, None, DEFAULT_DISTANCE, MOST_ANOMALIES, None, thumbnails(request)
    )
    return page.items


ROUTES = (
    show_models,
    train_model,
    show_training,
    show_model,
    promote_version,
    plot_version,
    plot_comparisons,
)
