"""The operations of the tag `models`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from ...models.job import Job
    from ...models.model import Model
    from ...models.model_drift import ModelDrift
    from ...models.model_version_detail import ModelVersionDetail
    from ...models.models import Models


class ModelsOperations(Operations):
    """The operations of the tag `models`."""

    def list_models(
        self,
    ) -> Models:
        """List the models.

        Lists the tasks for which a model was trained, with all versions of each.
        """
        from .list_models import sync_detailed

        return cast(
            "Models",
            self._call(
                sync_detailed,
            ),
        )

    def get_model(
        self,
        task: str,
    ) -> Model:
        """Retrieve a model.

        Retrieves the model of a task with all its versions, newest first.
        """
        from .get_model import sync_detailed

        return cast(
            "Model",
            self._call(
                sync_detailed,
                task=task,
            ),
        )

    def get_model_drift(
        self,
        task: str,
        *,
        if_none_match: str | Unset = UNSET,
    ) -> ModelDrift:
        """Retrieve the drift of a model.

        Retrieves how the pictures that arrive differ from those that the live version learned.

        Every night it is compared with the newest images, and with new labels. A stability index
        above 0.25 says that it needs new labels. The plot exists after the first comparison.
        """
        from .get_model_drift import sync_detailed

        return cast(
            "ModelDrift",
            self._call(
                sync_detailed,
                task=task,
                if_none_match=if_none_match,
            ),
        )

    def train_model(
        self,
        task: str,
    ) -> Job:
        """Train a model.

        Trains a model on the labels of a task.

        The training runs as a job, whose one item is named as the task. It fails with
        `too_few_labels` if fewer than two classes have enough labelled images. While it runs, a
        second request returns the same job. The new version becomes live by itself if it is not
        worse than the live one on the same images, unless the service is configured otherwise.
        """
        from .train_model import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                task=task,
            ),
        )

    def get_model_version(
        self,
        task: str,
        version: int,
        *,
        if_none_match: str | Unset = UNSET,
    ) -> ModelVersionDetail:
        """Retrieve a version of a model.

        Retrieves a version with its metrics on images that it was not trained on.

        They are those of each class, the confusion matrix and the calibration, and the nightly
        comparisons with the images that have arrived since.
        """
        from .get_model_version import sync_detailed

        return cast(
            "ModelVersionDetail",
            self._call(
                sync_detailed,
                task=task,
                version=version,
                if_none_match=if_none_match,
            ),
        )

    def promote_model_version(
        self,
        task: str,
        version: int,
    ) -> ModelVersionDetail:
        """Promote a version of a model.

        Makes a version live, and retires the one that was. An older version is a rollback.

        Predictions of other versions are stale from then on, and made again from the stored
        embeddings.
        """
        from .promote_model_version import sync_detailed

        return cast(
            "ModelVersionDetail",
            self._call(
                sync_detailed,
                task=task,
                version=version,
            ),
        )


class AsyncModelsOperations(AsyncOperations):
    """The operations of the tag `models`, for asyncio and trio."""

    async def list_models(
        self,
    ) -> Models:
        """List the models.

        Lists the tasks for which a model was trained, with all versions of each.
        """
        from .list_models import asyncio_detailed

        return cast(
            "Models",
            await self._call(
                asyncio_detailed,
            ),
        )

    async def get_model(
        self,
        task: str,
    ) -> Model:
        """Retrieve a model.

        Retrieves the model of a task with all its versions, newest first.
        """
        from .get_model import asyncio_detailed

        return cast(
            "Model",
            await self._call(
                asyncio_detailed,
                task=task,
            ),
        )

    async def get_model_drift(
        self,
        task: str,
        *,
        if_none_match: str | Unset = UNSET,
    ) -> ModelDrift:
        """Retrieve the drift of a model.

        Retrieves how the pictures that arrive differ from those that the live version learned.

        Every night it is compared with the newest images, and with new labels. A stability index
        above 0.25 says that it needs new labels. The plot exists after the first comparison.
        """
        from .get_model_drift import asyncio_detailed

        return cast(
            "ModelDrift",
            await self._call(
                asyncio_detailed,
                task=task,
                if_none_match=if_none_match,
            ),
        )

    async def train_model(
        self,
        task: str,
    ) -> Job:
        """Train a model.

        Trains a model on the labels of a task.

        The training runs as a job, whose one item is named as the task. It fails with
        `too_few_labels` if fewer than two classes have enough labelled images. While it runs, a
        second request returns the same job. The new version becomes live by itself if it is not
        worse than the live one on the same images, unless the service is configured otherwise.
        """
        from .train_model import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                task=task,
            ),
        )

    async def get_model_version(
        self,
        task: str,
        version: int,
        *,
        if_none_match: str | Unset = UNSET,
    ) -> ModelVersionDetail:
        """Retrieve a version of a model.

        Retrieves a version with its metrics on images that it was not trained on.

        They are those of each class, the confusion matrix and the calibration, and the nightly
        comparisons with the images that have arrived since.
        """
        from .get_model_version import asyncio_detailed

        return cast(
            "ModelVersionDetail",
            await self._call(
                asyncio_detailed,
                task=task,
                version=version,
                if_none_match=if_none_match,
            ),
        )

    async def promote_model_version(
        self,
        task: str,
        version: int,
    ) -> ModelVersionDetail:
        """Promote a version of a model.

        Makes a version live, and retires the one that was. An older version is a rollback.

        Predictions of other versions are stale from then on, and made again from the stored
        embeddings.
        """
        from .promote_model_version import asyncio_detailed

        return cast(
            "ModelVersionDetail",
            await self._call(
                asyncio_detailed,
                task=task,
                version=version,
            ),
        )
