"""Sets and removes labels of images."""

from api.http.bodies import Rules
from api.schemas.jobs import FailureView
from api.schemas.labels import (
    LabelRequest,
    LabelResultsView,
    LabelResultView,
    LabelsRequest,
    LabelView,
)
from domain.errors.base import ServiceError
from domain.keys import Caller, scope_of
from domain.labels import Label
from storage.clock import utc_now
from storage.stores import Stores


class ManageLabels:
    """Labels, as the holders of API keys set and remove them."""

    def __init__(self, stores: Stores) -> None:
        self._labels = stores.labels

    async def set_one(
        self, caller: Caller, named_user: str | None, image_id: str, task: str, body: LabelRequest
    ) -> LabelView:
        """Set the label of an image for a task.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
            InvalidValue: The value is not well formed, or the image has too many labels.
        """
        body.check(Rules(utc_now()))
        label = Label(image_id, task, body.value)
        await self._labels.set_one(label, scope_of(caller, named_user), caller.key_id)
        return LabelView(image_id, task, body.value)

    async def set_many(
        self, caller: Caller, named_user: str | None, body: LabelsRequest
    ) -> LabelResultsView:
        """Set many labels; each fails or succeeds by itself.

        Raises:
            InvalidValue: Values are not well formed.
        """
        body.check(Rules(utc_now()))
        labels = [Label(of.image_id, of.task, of.value) for of in body.labels]
        scope = scope_of(caller, named_user)
        reasons = await self._labels.set_many(labels, scope, caller.key_id)
        items = [
            LabelResultView(label.image_id, label.task, _view(reason))
            for label, reason in zip(labels, reasons, strict=True)
        ]
        return LabelResultsView(reasons.count(None), items)

    async def remove(
        self, caller: Caller, named_user: str | None, image_id: str, task: str
    ) -> None:
        """Remove the label of a task from an image, whichever key set it.

        Raises:
            NotFound: The caller may see no such image, or it has no such label.
            ImageExpired: The image has expired.
        """
        await self._labels.remove(image_id, task, scope_of(caller, named_user))


def _view(reason: ServiceError | None) -> FailureView | None:
    return None if reason is None else FailureView(reason.code, reason.title, reason.detail)
