"""Reads the registry of models, requests trainings and promotes versions."""

from collections import defaultdict

from api.jobs.follow import FollowJob
from api.schemas.jobs import JobView
from api.schemas.models import (
    ModelsView,
    ModelVersionDetailView,
    ModelView,
    view_model,
    view_version_detail,
)
from domain.audit import AuditAction
from domain.errors.access import NotFound
from domain.keys import ADMIN_USER, Caller, Scope
from domain.learning.models import Model
from storage.access.audit import new_entry
from storage.stores import Stores


class ManageModels:
    """Models, as admins read and change them."""

    def __init__(self, stores: Stores, follow_job: FollowJob) -> None:
        self._stores = stores
        self._follow_job = follow_job

    async def list_all(self) -> ModelsView:
        """List the models of all tasks with their versions, newest first."""
        by_task: dict[str, list[Model]] = defaultdict(list)
        for model in await self._stores.models.list_all():
            by_task[model.task].append(model)
        return ModelsView([await self._view(task, of) for task, of in sorted(by_task.items())])

    async def read(self, task: str) -> ModelView:
        """Read the model of a task with its versions, newest first.

        Raises:
            NotFound: No training of the task has begun.
        """
        if not (versions := await self._stores.models.list_all(task)):
            raise NotFound
        return await self._view(task, versions)

    async def read_version(self, task: str, version: int) -> tuple[Model, ModelVersionDetailView]:
        """Read a version with all its metrics.

        Raises:
            NotFound: There is no such version.
        """
        model = await self._stores.models.get(task, version)
        return model, view_version_detail(model)

    async def read_live(self, task: str) -> Model:
        """Read the live version of a task.

        Raises:
            NotFound: No version of it is live.
        """
        live = [one for one in await self._stores.models.live() if one.task == task]
        if not live:
            raise NotFound
        return live[0]

    async def train(self, caller: Caller, task: str) -> JobView:
        """Request a training; return its job, or that of the training that is open."""
        entry = new_entry(caller, AuditAction.MODEL_TRAINED, task)
        owner = caller.owner(ADMIN_USER)
        job_id, _ = await self._stores.trainings.request(task, caller.key_id, owner, entry)
        return await self._follow_job.read(job_id, Scope())

    async def promote(self, caller: Caller, task: str, version: int) -> ModelVersionDetailView:
        """Make a version live; the one that was live is retired.

        Raises:
            NotFound: There is no such version.
            WrongState: The version is in training, or has failed.
        """
        entry = new_entry(caller, AuditAction.MODEL_PROMOTED, task, version=version)
        return view_version_detail(await self._stores.models.promote(task, version, entry))

    async def _view(self, task: str, versions: list[Model]) -> ModelView:
        live = {one.task: one.version for one in versions if one.is_live}
        stale = await self._stores.predictions.count_stale(live)
        return view_model(task, versions, stale.get(task, 0))
