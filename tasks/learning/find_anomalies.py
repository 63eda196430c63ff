"""Finds images that are unlike all others, with an isolation forest over embeddings."""

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest

from domain.learning.linear_model import Floats

FEWEST_IMAGES = 50
COMPONENTS = 8
"""Of the principal components: the more features, the rarer is a random cut of one that tells."""
TREES = 200
MOST_SHARE = 0.01
FAR = 0.6
"""Score above which an image is an anomaly: 0.5 is that of an average one, 1 of one that a single
cut isolates."""


def find_anomalies(vectors: Floats) -> npt.NDArray[np.bool_]:
    """Find the anomalies among images, at most one in a hundred.

    Args:
        vectors: Of unit length, of shape (images, features).

    Returns:
        For each image whether it is one; none of fewer than :data:`FEWEST_IMAGES`.

    Source: F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", 2008, §2, for the score.
    """
    none = np.zeros(len(vectors), bool)
    if len(vectors) < FEWEST_IMAGES:
        return none
    reduction = PCA(COMPONENTS, svd_solver="randomized", random_state=0)
    reduced = reduction.fit_transform(vectors)
    forest = IsolationForest(n_estimators=TREES, random_state=0).fit(reduced)
    scores = -forest.score_samples(reduced)
    most = max(1, int(len(vectors) * MOST_SHARE))
    highest = np.argsort(scores)[-most:]
    none[highest[scores[highest] > FAR]] = True
    return none
