"""Compares a live model with what has arrived since it was trained."""

from datetime import datetime

from domain.learning.drift import Reference, class_index, feature_index
from domain.learning.linear_model import Floats, LinearModel
from domain.learning.models import Watched


def watch_model(
    now: datetime,
    reference: Reference,
    weights: LinearModel,
    vectors: Floats,
    labelled: int,
    right: int,
) -> Watched:
    """Compute drift and accuracy.

    Args:
        now: Time of the comparison, UTC.
        reference: What the model was trained on.
        weights: Of the model.
        vectors: The newest images, of unit length.
        labelled: Number of labels of images that the model had predicted.
        right: Number of those that agree with the prediction.
    """
    predicted = [found.value for found in weights.predict(vectors)] if len(vectors) else []
    return Watched(
        at=now,
        images=len(vectors),
        feature_psi=feature_index(reference, vectors),
        class_psi=class_index(reference, predicted),
        labelled=labelled,
        accuracy=right / labelled if labelled else None,
    )
