"""Schemas of models and of predictions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from api.schemas.views import view_of
from domain.learning.metrics import CalibrationBin, ClassMetrics
from domain.learning.models import ImagePrediction, Model, ModelStatus, Watched


class PredictionView(msgspec.Struct, frozen=True):
    """What a model predicts of an image."""

    value: str
    """The most probable value."""
    probability: float
    """Its probability, 0 to 1."""
    model_version: int
    """Version of the model that made the prediction."""
    stale: bool
    """Whether another version is live now; the prediction is about to be made again."""


class TrainedOnView(msgspec.Struct, frozen=True):
    """The data that a model was trained and tested with."""

    images: int
    """Number of labelled images, those of the hold-out included."""
    users: int
    """Number of the users that own them."""
    until: datetime
    """Time of the newest label."""
    left_out: dict[str, int]
    """Classes with too few labels, with the number of their images."""


class ModelMetricsView(msgspec.Struct, frozen=True):
    """The metrics of a version, measured on images that it was not trained on."""

    accuracy: float
    """Share of right predictions, 0 to 1."""
    macro_f1: float
    """Mean F1 of the classes, 0 to 1: each class counts the same."""
    images: int
    """Number of images in the hold-out."""
    chance: float
    """Accuracy of a guess that always names the most frequent class."""
    calibration_error: float
    """Mean distance of probability and accuracy, 0 to 1: how wrong the probabilities are."""


class ClassMetricsView(msgspec.Struct, frozen=True):
    """The metrics of one class."""

    precision: float
    """Share of the predictions of the class that are right, 0 to 1."""
    recall: float
    """Share of the images of the class that are found, 0 to 1."""
    f1: float
    """Harmonic mean of both."""
    images: int
    """Number of images of the class in the hold-out."""


class CalibrationBinView(msgspec.Struct, frozen=True):
    """Predictions whose probability is in the same tenth."""

    probability: float
    """Their mean probability, 0 to 1."""
    accuracy: float
    """Share of them that is right."""
    images: int
    """Number of them."""


class WatchedView(msgspec.Struct, frozen=True):
    """The comparison of a version with what has arrived since its training."""

    at: datetime
    """When it was made."""
    images: int
    """Number of the newest images that were compared."""
    feature_psi: float | None
    """Population stability index of the embeddings: above 0.25 the pictures have changed. Null for
    too few images."""
    class_psi: float | None
    """Population stability index of the predicted classes."""
    labelled: int
    """Number of labels of the last seven days for images that the version had predicted."""
    accuracy: float | None
    """Share of them that agrees with the prediction; null without any."""


class ModelDriftView(msgspec.Struct, frozen=True):
    """The nightly comparisons of the live version of a model with what has arrived."""

    task: str
    """What is predicted: the task of the labels."""
    version: int
    """The live version."""
    watched: list[WatchedView]
    """Oldest first; the last 90."""


class ModelVersionView(msgspec.Struct, frozen=True):
    """A version of a model. Values that are not known, or not known yet, are null."""

    version: int
    """Number of the version, from 1."""
    status: ModelStatus
    """`live` predicts; `candidate` and `retired` can be promoted."""
    job_id: str
    """The job that trained it."""
    created_at: datetime
    finished_at: datetime | None
    promoted_at: datetime | None
    """When it became live last."""
    embedding_version: int
    """Version of the embeddings that it reads."""
    classes: list[str]
    """The values that it predicts, sorted."""
    algorithm: str | None
    """Estimator and library."""
    code_version: str | None
    """Release of the service that trained it."""
    sha256: str | None
    """Hash of the stored estimator."""
    trained_on: TrainedOnView | None
    """The labelled images that it was trained and tested with."""
    metrics: ModelMetricsView | None
    """How good it is on images that it was not trained on."""
    refused: str | None
    """Why it was not promoted by itself."""
    error: str | None
    """Why the training failed."""


class ModelVersionDetailView(ModelVersionView, frozen=True, kw_only=True):
    """A version of a model with all metrics."""

    task: str
    """What is predicted: the task of the labels."""
    per_class: dict[str, ClassMetricsView]
    """Metrics by class."""
    confusion: list[list[int]]
    """Numbers of images, in the order of `classes`: a row is the class by the label, a column the
    predicted one."""
    calibration: list[CalibrationBinView]
    """From low to high probability, without empty tenths."""
    watched: list[WatchedView]
    """Nightly comparisons with what has arrived, oldest first."""


class ModelView(msgspec.Struct, frozen=True):
    """The model of a task."""

    task: str
    """What is predicted: the task of the labels."""
    live_version: int | None
    """The version that predicts; null without one."""
    stale_predictions: int
    """Number of images whose prediction is of another version."""
    versions: list[ModelVersionView]
    """Newest first."""


class ModelsView(msgspec.Struct, frozen=True):
    """The models of all tasks."""

    items: list[ModelView]
    """By task."""


def view_model(task: str, versions: Sequence[Model], stale: int) -> ModelView:
    """Convert the versions of a task."""
    live = next((one.version for one in versions if one.is_live), None)
    return ModelView(task, live, stale, [view_version(one) for one in versions])


def view_version(model: Model) -> ModelVersionView:
    """Convert a version."""
    algorithm = model.algorithm
    return view_of(
        ModelVersionView,
        model,
        classes=list(model.classes),
        algorithm=algorithm and f"{algorithm.name}, {algorithm.library}",
        code_version=algorithm and algorithm.code,
        trained_on=model.trained_on and view_of(TrainedOnView, model.trained_on),
        metrics=model.metrics and view_of(ModelMetricsView, model.metrics),
    )


def view_version_detail(model: Model) -> ModelVersionDetailView:
    """Convert a version with all its metrics."""
    metrics = model.metrics
    return view_of(
        ModelVersionDetailView,
        view_version(model),
        task=model.task,
        per_class={k: _view_class(of) for k, of in metrics.per_class.items()} if metrics else {},
        confusion=metrics.confusion if metrics else [],
        calibration=[_view_bin(one) for one in metrics.calibration] if metrics else [],
        watched=[_view_watched(one) for one in model.watched],
    )


def view_drift(model: Model) -> ModelDriftView:
    """Convert the comparisons of a version."""
    return ModelDriftView(model.task, model.version, [_view_watched(one) for one in model.watched])


def view_predictions(
    predictions: Sequence[ImagePrediction], live: Mapping[str, int]
) -> dict[str, PredictionView]:
    """Convert the predictions of an image, by task; those of tasks without a live model go."""
    return {
        one.task: PredictionView(
            one.value, one.probability, one.version, one.version != live[one.task]
        )
        for one in predictions
        if one.task in live
    }


def _view_class(metrics: ClassMetrics) -> ClassMetricsView:
    return view_of(ClassMetricsView, metrics)


def _view_bin(one: CalibrationBin) -> CalibrationBinView:
    return view_of(CalibrationBinView, one)


def _view_watched(watched: Watched) -> WatchedView:
    return view_of(WatchedView, watched)
