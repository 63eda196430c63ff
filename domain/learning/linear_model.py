"""Linear models on embeddings, in NumPy alone: workers and the API carry no scikit-learn."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
EMBEDDING_LENGTH = 1280


class Prediction(NamedTuple):
    """The most probable value of an image, and its probability, 0 to 1."""

    value: str
    probability: float


class LinearModel(NamedTuple):
    """A logistic regression.

    Attributes:
        classes: Two or more, in the order of the probabilities.
        weights: Of shape (classes, length); for two classes (1, length).
        bias: One for each row of the weights.
    """

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats

    def probabilities(self, vectors: Floats) -> Floats:
        """Compute the probability of each class, as scikit-learn's ``predict_proba`` does.

        With three classes or more they are equal to the last bit; with two, one in 4,000 differs in
        the last bit.

        Args:
            vectors: Of shape (images, length), of unit length.

        Returns:
            Of shape (images, classes); the sum of a row is 1.

        Source: scikit-learn 1.9, ``LogisticRegression.predict_proba``.
        """
        scores = vectors @ self.weights.T + self.bias
        if len(self.classes) == 2:
            # The exponential is rounded once, as that of the C library, which SciPy calls; NumPy's
            # own of 32 bits differs from it in the last bit of one value in six.
            power = np.exp(-scores[:, 0].astype(np.float64)).astype(np.float32)
            second = np.float32(1) / (np.float32(1) + power)
            return np.stack([1 - second, second], axis=1)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def predict(self, vectors: Floats) -> list[Prediction]:
        """Choose the most probable class of each image."""
        found = self.probabilities(vectors)
        best = found.argmax(axis=1)
        return [
            Prediction(self.classes[number], float(row[number]))
            for number, row in zip(best, found, strict=True)
        ]


def unit_vectors(embeddings: Sequence[bytes]) -> Floats:
    """Read embeddings, stored as little-endian float16, as vectors of length 1.

    Returns:
        Of shape (images, :data:`EMBEDDING_LENGTH`). An embedding of zeros stays so.
    """
    flat = np.frombuffer(b"".join(embeddings), "<f2").astype(np.float32)
    vectors = flat.reshape(len(embeddings), -1) if embeddings else flat.reshape(0, EMBEDDING_LENGTH)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


def write_weights(model: LinearModel) -> bytes:
    """Write a model as an ``.npz`` file, which holds arrays only."""
    file = io.BytesIO()
    classes = np.array(model.classes)
    np.savez_compressed(file, classes=classes, weights=model.weights, bias=model.bias)
    return file.getvalue()


def read_weights(data: bytes) -> LinearModel:
    """Read a model that :func:`write_weights` wrote.

    Raises:
        ValueError: The bytes are none, or would need pickle.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        classes = tuple(str(value) for value in arrays["classes"])
        return LinearModel(classes, arrays["weights"], arrays["bias"])
