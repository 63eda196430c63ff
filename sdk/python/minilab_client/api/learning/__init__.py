"""The operations of the tag `learning`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from ...models.label import Label
    from ...models.label_request import LabelRequest
    from ...models.label_results import LabelResults
    from ...models.labels_request import LabelsRequest


class LearningOperations(Operations):
    """The operations of the tag `learning`."""

    def set_label(
        self,
        image_id: str,
        task: str,
        *,
        body: LabelRequest,
        user_id: str | Unset = UNSET,
    ) -> Label:
        """Label an image.

        Says what an image shows, for a task that a model learns.

        Each key has one label for an image and a task; the image shows the latest of them.
        """
        from .set_label import sync_detailed

        return cast(
            "Label",
            self._call(
                sync_detailed,
                image_id=image_id,
                task=task,
                body=body,
                user_id=user_id,
            ),
        )

    def remove_label(
        self,
        image_id: str,
        task: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> None:
        """Remove a label.

        Removes the label of a task from an image, whichever key set it.
        """
        from .remove_label import sync_detailed

        self._call(
            sync_detailed,
            image_id=image_id,
            task=task,
            user_id=user_id,
        )

    def set_labels(
        self,
        *,
        body: LabelsRequest,
        user_id: str | Unset = UNSET,
    ) -> LabelResults:
        """Label many images.

        Sets up to 1,000 labels. Each fails or succeeds by itself, as its item says.
        """
        from .set_labels import sync_detailed

        return cast(
            "LabelResults",
            self._call(
                sync_detailed,
                body=body,
                user_id=user_id,
            ),
        )


class AsyncLearningOperations(AsyncOperations):
    """The operations of the tag `learning`, for asyncio and trio."""

    async def set_label(
        self,
        image_id: str,
        task: str,
        *,
        body: LabelRequest,
        user_id: str | Unset = UNSET,
    ) -> Label:
        """Label an image.

        Says what an image shows, for a task that a model learns.

        Each key has one label for an image and a task; the image shows the latest of them.
        """
        from .set_label import asyncio_detailed

        return cast(
            "Label",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                task=task,
                body=body,
                user_id=user_id,
            ),
        )

    async def remove_label(
        self,
        image_id: str,
        task: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> None:
        """Remove a label.

        Removes the label of a task from an image, whichever key set it.
        """
        from .remove_label import asyncio_detailed

        await self._call(
            asyncio_detailed,
            image_id=image_id,
            task=task,
            user_id=user_id,
        )

    async def set_labels(
        self,
        *,
        body: LabelsRequest,
        user_id: str | Unset = UNSET,
    ) -> LabelResults:
        """Label many images.

        Sets up to 1,000 labels. Each fails or succeeds by itself, as its item says.
        """
        from .set_labels import asyncio_detailed

        return cast(
            "LabelResults",
            await self._call(
                asyncio_detailed,
                body=body,
                user_id=user_id,
            ),
        )
