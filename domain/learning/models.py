"""Models of the registry, and what a training gives."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.learning.metrics import Metrics

TRAIN_MODEL = "train_model"
"""The operation of a job that trains a model."""


class ModelStatus(StrEnum):
    """Status of a version of a model."""

    TRAINING = "training"
    CANDIDATE = "candidate"
    LIVE = "live"
    RETIRED = "retired"
    FAILED = "failed"


PROMOTABLE = frozenset({ModelStatus.CANDIDATE, ModelStatus.RETIRED})
USABLE = PROMOTABLE | {ModelStatus.LIVE}
"""Their files are complete."""


class TrainedOn(msgspec.Struct, frozen=True):
    """The data of a training.

    Attributes:
        images: Number of labelled images, those of the hold-out included.
        users: Number of the users that own them.
        until: Time of the newest label, UTC.
        labels: Number of images with a label, those of classes with too few included.
        left_out: Number of images of each class with too few.
    """

    images: int
    users: int
    until: datetime
    labels: int = 0
    left_out: dict[str, int] = {}


class Algorithm(msgspec.Struct, frozen=True):
    """How a model was computed: the estimator, its library, and the code of this service."""

    name: str
    library: str
    code: str


class Watched(msgspec.Struct, frozen=True):
    """A live model compared with what has arrived since, at one time.

    Attributes:
        at: UTC.
        images: Number of the newest images that were compared.
        feature_psi: Population stability index of the embeddings; None for too few images.
        class_psi: That of the predicted classes.
        labelled: Number of labels of the last seven days whose image the model had predicted.
        accuracy: Share of them that agrees with the prediction, 0 to 1; None without any.
    """

    at: datetime
    images: int
    feature_psi: float | None
    class_psi: float | None
    labelled: int
    accuracy: float | None


class Model(msgspec.Struct, frozen=True):
    """One version of a model.

    Attributes:
        task: What is predicted.
        version: From 1, in the order of training.
        job_id: The job that trained it.
        created_at: Begin of the training, UTC.
        finished_at: End of the training, UTC; None while it runs.
        embedding_version: Version of the embeddings that it reads.
        promoted_at: When it became live last, UTC.
        refused: Why it was not promoted by itself; None if it was, or if an admin decides.
        error: Why the training failed.
        sha256: Hash of the stored estimator, as 64 hex digits.
        watched: The last comparisons, oldest first.
    """

    task: str
    version: int
    status: ModelStatus
    job_id: str
    created_at: datetime
    embedding_version: int
    finished_at: datetime | None = None
    promoted_at: datetime | None = None
    classes: tuple[str, ...] = ()
    algorithm: Algorithm | None = None
    trained_on: TrainedOn | None = None
    metrics: Metrics | None = None
    refused: str | None = None
    error: str | None = None
    sha256: str | None = None
    watched: tuple[Watched, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it predicts."""
        return self.status is ModelStatus.LIVE


class TrainedModel(msgspec.Struct, frozen=True):
    """What a training gives.

    Attributes:
        estimator: The estimator of scikit-learn, as skops wrote it.
        weights: See :func:`domain.learning.linear_model.write_weights`.
        reference: See :func:`domain.learning.drift.write_reference`.
        metrics: On the hold-out.
        live_metrics: Those of the live model on the same hold-out; None without one.
    """

    classes: tuple[str, ...]
    algorithm: Algorithm
    trained_on: TrainedOn
    metrics: Metrics
    live_metrics: Metrics | None
    estimator: bytes
    weights: bytes
    reference: bytes


class ImagePrediction(msgspec.Struct, frozen=True):
    """A prediction, as it is stored with an image.

    Attributes:
        probability: 0 to 1.
        version: Of the model.
    """

    task: str
    value: str
    probability: float
    version: int
