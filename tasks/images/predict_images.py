"""Predicts images as they end, with the live models: NumPy in this process, no child, no read."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from domain.blobs import Blob
from domain.claims import FinishedImage
from domain.errors.access import NotFound
from domain.jobs import Status
from domain.learning.models import ImagePrediction
from storage.blobs.results import BlobResults
from storage.learning.examples import EMBEDDING
from storage.learning.predictions import PREDICTIONS, LiveModels, predict_all, stored
from storage.stores import Stores

FOLLOW_SECONDS = 2.0
"""Pause between two looks for models that have become live."""

_log = structlog.get_logger(__name__)


class PredictImages:
    """Adds predictions to the ends of images, with the models that were live a moment ago.

    The learner makes predictions again that are stale.
    """

    def __init__(self, stores: Stores) -> None:
        self._models = stores.models
        self._live: LiveModels = {}

    @property
    def live_versions(self) -> dict[str, int]:
        """The versions that predict, by task."""
        return {task: model.version for task, (model, _) in self._live.items()}

    async def follow_models(self) -> None:
        """Read the weights of models that have become live."""
        live = {}
        for model in await self._models.live():
            known = self._live.get(model.task)
            if known is not None and known[0].version == model.version:
                live[model.task] = known
                continue
            try:
                live[model.task] = (model, await self._models.weights(model))
            except NotFound:
                _log.error("model_without_files", task=model.task, version=model.version)
        self._live = live

    def add(
        self,
        hashes: Sequence[str],
        finished: Sequence[FinishedImage],
        blobs: Mapping[str, Blob],
        fresh: Mapping[str, BlobResults],
    ) -> list[FinishedImage]:
        """Add predictions to the ends of images that show an embedding.

        Args:
            hashes: Of the bytes of each image.
            finished: Their ends.
            blobs: By hash, with the results that were stored before.
            fresh: By hash, new results.
        """
        embeddings: dict[int, dict[str, bytes]] = {}
        for sha256, end in zip(hashes, finished, strict=True):
            cell = end.cells.get(EMBEDDING)
            if cell is None or cell.status is not Status.SUCCEEDED:
                continue
            known = fresh[sha256].results if sha256 in fresh else {}
            if EMBEDDING not in known and sha256 in blobs:
                known = blobs[sha256].results
            if result := known.get(EMBEDDING):
                embeddings.setdefault(result["version"], {})[sha256] = result["value"]
        made: dict[str, list[ImagePrediction]] = {}
        for version, of_version in embeddings.items():
            models = {
                t: one for t, one in self._live.items() if one[0].embedding_version == version
            }
            if models:
                made |= predict_all(of_version, models)
        return [
            _with_facts(end, {PREDICTIONS: stored(made[sha256])}) if sha256 in made else end
            for sha256, end in zip(hashes, finished, strict=True)
        ]

    def facts_of(self, result: Mapping[str, Any]) -> dict[str, object]:
        """Return what images are predicted to show that get this stored result of an embedding."""
        version, only = result["version"], ""
        models = {t: one for t, one in self._live.items() if one[0].embedding_version == version}
        if not models:
            return {}
        return {PREDICTIONS: stored(predict_all({only: result["value"]}, models)[only])}


def _with_facts(end: FinishedImage, facts: dict[str, object]) -> FinishedImage:
    return msgspec.structs.replace(end, facts=end.facts | facts)
