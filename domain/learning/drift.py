"""Drift: how much what arrives differs from what a model was trained on.

The population stability index compares shares of images in ranges. Below 0.1 nothing has changed,
above 0.25 the model needs new labels.

Source: B. Yurdakul, "Statistical Properties of Population Stability Index", 2018: with *B* ranges
and *n* and *m* images of one population the index is (B - 1)(1/n + 1/m) on average, which is
subtracted here, so that few images do not look like a change.
"""

import io
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
RANGES = 10
ALERT_AT = 0.25
FEWEST_IMAGES = 50
"""With fewer, no index is computed."""
MOST_DESCRIBED = 10_000
"""Their noise adds 0.001 to an index, which is subtracted."""
_SMALLEST_SHARE = 1e-4


class Reference(NamedTuple):
    """What a model was trained on, for the comparison.

    Attributes:
        images: Number of the images.
        edges: Of each feature the nine values that cut its images into ten equal parts; of shape
            (features, 9).
        shares: Of each feature the share of the images in each part, 0 to 1; of shape
            (features, 10). They differ from 0.1 where many images have the same value.
        classes: All classes of the model.
        predicted: Share of the images that the model predicts to be of each class, 0 to 1.
    """

    images: int
    edges: Floats
    shares: Floats
    classes: tuple[str, ...]
    predicted: Floats


def describe(vectors: Floats, predicted: Sequence[str], classes: Sequence[str]) -> Reference:
    """Describe the images that a model was trained on, one at least.

    Of many images every second, third, … one describes the features.

    Args:
        vectors: Of shape (images, features).
        predicted: The predicted class of each.
        classes: All classes.
    """
    chosen = vectors[:: -(-len(vectors) // MOST_DESCRIBED)]
    ordered = _order(chosen)
    edges = _quantiles(ordered)
    counts = Counter(predicted)
    return Reference(
        len(chosen),
        edges,
        _shares(edges, ordered),
        tuple(classes),
        np.array([counts[value] / len(predicted) for value in classes], np.float32),
    )


def feature_index(reference: Reference, vectors: Floats) -> float | None:
    """Compute the mean index of the features; None for too few images."""
    if min(len(vectors), reference.images) < FEWEST_IMAGES:
        return None
    found = _shares(reference.edges, _order(vectors))
    bias = (RANGES - 1) * (1 / reference.images + 1 / len(vectors))
    return max(0.0, float(_stability(reference.shares, found).mean()) - bias)


def class_index(reference: Reference, predicted: Sequence[str]) -> float | None:
    """Compute the index of the predicted classes; None for too few images."""
    if min(len(predicted), reference.images) < FEWEST_IMAGES:
        return None
    counts = Counter(predicted)
    found = np.array([counts[value] / len(predicted) for value in reference.classes], np.float32)
    bias = (len(found) - 1) * (1 / reference.images + 1 / len(predicted))
    return max(0.0, float(_stability(reference.predicted, found)) - bias)


def write_reference(reference: Reference) -> bytes:
    """Write a reference as an ``.npz`` file, which holds arrays only."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=np.array(reference.images),
        edges=reference.edges,
        shares=reference.shares,
        classes=np.array(reference.classes),
        predicted=reference.predicted,
    )
    return file.getvalue()


def read_reference(data: bytes) -> Reference:
    """Read a reference that :func:`write_reference` wrote.

    Raises:
        ValueError: The bytes are none, or would need pickle.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as parts:
        classes = tuple(str(value) for value in parts["classes"])
        edges, shares, predicted = parts["edges"], parts["shares"], parts["predicted"]
        return Reference(int(parts["images"]), edges, shares, classes, predicted)


def _order(vectors: Floats) -> Floats:
    """Order the values of each feature; of shape (features, images)."""
    ordered = np.ascontiguousarray(vectors.T)
    ordered.sort(axis=1)
    return ordered


def _quantiles(ordered: Floats) -> Floats:
    """Cut the ordered values of each feature into ten equal parts, as ``np.quantile`` does."""
    places = np.linspace(0, 1, RANGES + 1)[1:-1] * (ordered.shape[1] - 1)
    low = places.astype(int)
    high = np.minimum(low + 1, ordered.shape[1] - 1)
    below, above = ordered[:, low], ordered[:, high]
    edges: Floats = (below + (above - below) * (places - low)).astype(np.float32)
    return edges


def _shares(edges: Floats, ordered: Floats) -> Floats:
    """Compute the share of the ordered values of each feature in each range.

    A value on an edge, such as the 0 of many images, counts an equal part in each range that it
    touches.
    """
    features, images = ordered.shape
    below, upto = np.empty(edges.shape, int), np.empty(edges.shape, int)
    for number in range(features):
        below[number] = np.searchsorted(ordered[number], edges[number], "left")
        upto[number] = np.searchsorted(ordered[number], edges[number], "right")
    counts = np.empty((features, RANGES))
    counts[:, 0], counts[:, -1] = below[:, 0], images - upto[:, -1]
    # Between equal edges is nothing.
    counts[:, 1:-1] = np.maximum(below[:, 1:] - upto[:, :-1], 0)
    for edge in range(RANGES - 1):
        is_first = edges[:, edge] > edges[:, edge - 1] if edge else np.ones(features, bool)
        last = edge + (edges[:, edge + 1 :] == edges[:, edge, None]).sum(axis=1)
        part = np.where(is_first, upto[:, edge] - below[:, edge], 0) / (last - edge + 2)
        for touched in range(edge, RANGES):
            counts[:, touched] += np.where(touched <= last + 1, part, 0)
    shares: Floats = (counts / images).astype(np.float32)
    return shares


def _stability(expected: Floats, found: Floats) -> Floats:
    first = np.maximum(expected, _SMALLEST_SHARE)
    second = np.maximum(found, _SMALLEST_SHARE)
    index: Floats = ((second - first) * np.log(second / first)).sum(axis=-1)
    return index
