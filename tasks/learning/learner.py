"""The learner: one at a time works, under a lease; any number may stand by."""

import asyncio
from datetime import timedelta

import structlog

from domain.errors.access import NotFound, TooFewLabels, TrainingFailed
from domain.images.operations import OPERATIONS
from domain.learning.linear_model import LinearModel
from domain.learning.models import Model
from domain.learning.promotion import refuse_promotion
from domain.records import ItemError
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.learning.examples import EMBEDDING, find_changed_tasks
from storage.learning.nights import begin_night
from storage.learning.trainings import LEARNER, MOST_BEGINNINGS, Training
from storage.stores import Stores
from tasks.heartbeat import Heartbeat
from tasks.learning import remote_calls
from tasks.learning.cluster import Cluster
from tasks.learning.settings import Settings
from telemetry.background import BackgroundTasks

RENEW_SECONDS = 1.5
STALE_SECONDS = 30.0
FOLLOWED_SECONDS = 4.0
"""After this time every worker predicts with a model that was promoted."""
BY_HAND = "MINILAB_LEARNING_PROMOTE is off: an admin decides."
ENDED_EACH_TIME = "Each learner that began it ended before the model was complete."
EMBEDDING_VERSION = next((one.version for one in OPERATIONS if one.name == EMBEDDING), 1)
LEARNER_KEY = "learner"
"""Stands for the key in jobs that the schedule requests."""

_log = structlog.get_logger(__name__)


class Learner:
    """Trains what is requested, predicts again after promotions, and compares every night."""

    def __init__(self, settings: Settings, stores: Stores) -> None:
        self._settings = settings.learner
        self._connections = settings.stores
        self._stores = stores
        self._lease = stores.lease(LEARNER)
        self._holds = False
        self._cluster = Cluster(self._settings)
        self._heartbeat = Heartbeat(settings.heartbeat, stores.learners, [stores.metrics.registry])

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set.

        Work that is under way then is interrupted: the next learner does it again.

        Raises:
            BackgroundTaskEnded: A background task ended by itself.
        """
        try:
            async with BackgroundTasks(stop, STORE_FAILED) as background:
                self._heartbeat.start(background)
                background.repeat(self._renew, RENEW_SECONDS)
                background.repeat(self._work, self._settings.learning_poll_seconds)
                background.repeat(self._predict_stale, STALE_SECONDS)
                background.repeat(self._stores.follow_clock, STALE_SECONDS)
                await stop.wait()
        finally:
            await self._heartbeat.leave()

    async def _renew(self) -> None:
        """Take or renew the lease. What a dead learner left in training has failed."""
        holds, held = await self._lease.hold(), self._holds
        if holds and not held:
            failed = await self._stores.models.fail_abandoned("The learner ended before the model.")
            if failed:
                _log.warning("trainings_abandoned", models=failed)
        self._holds = holds

    async def _work(self) -> None:
        """Do all work that there is, with one cluster."""
        async with Cluster(self._settings) as self._cluster:
            if self._holds and await self._is_night():
                await self._spend_night()
            while self._holds and (training := await self._stores.trainings.begin_next()):
                await self._train(training)
            if self._holds:
                await self._predict_again()

    async def _is_night(self) -> bool:
        now, hour = utc_now(), self._settings.learning_hour
        if hour < 0 or now.hour < hour:
            return False
        return await begin_night(self._stores.database, now.date())

    async def _spend_night(self) -> None:
        for task in await find_changed_tasks(self._stores.database):
            await self._stores.trainings.request(task, LEARNER_KEY)
        await self.compare()

    async def compare(self) -> None:
        """Compare the live models with what has arrived, and search for anomalies."""
        for model in await self._stores.models.live():
            watched = await self._cluster.run(remote_calls.watch, self._connections, model)
            await self._stores.models.note_watched(model, watched)
        found = await self._cluster.run(
            remote_calls.search_anomalies, self._connections, EMBEDDING_VERSION
        )
        _log.info("anomalies_searched", images=found)
        await self._stores.models.predict_all_again()

    async def _train(self, training: Training) -> None:
        models, task = self._stores.models, training.task
        log = _log.bind(job_id=training.job_id, task=task)
        error: ItemError | None = None
        if training.beginnings > MOST_BEGINNINGS:
            await self._end(training, ItemError(TrainingFailed.code, ENDED_EACH_TIME))
            return
        version = await models.begin(task, training.job_id, EMBEDDING_VERSION)
        try:
            if not await self._make(task, version):
                return  # Another learner holds the lease, and begins it again.
        except TooFewLabels as refusal:
            error = ItemError(refusal.code, refusal.detail)
        except STORE_FAILED:
            await models.fail(task, version, "The stores could not be reached.")
            raise  # The training is open, and begun again.
        except Exception:
            log.exception("training_failed")
            error = ItemError(TrainingFailed.code, TrainingFailed.title)
        if error is not None:
            await models.fail(task, version, error.detail)
        log.info("model_trained", version=version, error=error and error.code)
        await self._end(training, error)

    async def _end(self, training: Training, error: ItemError | None) -> None:
        change = await self._stores.trainings.end(training, error)
        await self._stores.job_events.publish(change)

    async def _make(self, task: str, version: int) -> bool:
        """Train a version, and promote it if it passes; False if the lease was lost."""
        models = self._stores.models
        live = next((one for one in await models.live() if one.task == task), None)
        trained = await self._cluster.run(
            remote_calls.train,
            self._connections,
            task,
            EMBEDDING_VERSION,
            self._settings.learning_min_labels,
            self._settings.learning_max_images,
            None if live is None else await self._weights(live),
        )
        refused = refuse_promotion(trained.metrics, trained.live_metrics)
        if refused is None and not self._settings.learning_promote:
            refused = BY_HAND
        if not await models.complete(self._lease, task, version, trained, refused):
            return False
        if refused is None:
            await models.promote(task, version)
        return True

    async def _weights(self, model: Model) -> LinearModel | None:
        try:
            return await self._stores.models.weights(model)
        except NotFound:
            _log.error("model_without_files", task=model.task, version=model.version)
            return None

    async def _live_models(self) -> dict[str, tuple[Model, LinearModel]]:
        found = {}
        for model in await self._stores.models.live():
            if (weights := await self._weights(model)) is not None:
                found[model.task] = (model, weights)
        return found

    async def _predict_again(self) -> None:
        """Predict all stored images with models that became live, from their embeddings."""
        waiting = await self._stores.models.find_unpredicted()
        followed = utc_now() - timedelta(seconds=FOLLOWED_SECONDS)
        if not waiting or any(one.promoted_at and one.promoted_at > followed for one in waiting):
            return
        models = await self._live_models()
        ranges = await self._stores.predictions.plan_ranges()
        written = await self._cluster.run_all(
            remote_calls.predict_range,
            [(self._connections, first, last, models) for first, last in ranges],
        )
        await self._stores.models.note_predicted(waiting)
        _log.info("predicted_again", images=sum(written), tasks=sorted(models))

    async def _predict_stale(self) -> None:
        """Predict the few images again that a worker predicted with an earlier version."""
        if not self._holds or await self._stores.models.find_unpredicted():
            return
        if models := await self._live_models():
            await self._stores.predictions.predict_stale(models)
