"""Routes of labels, from which models learn."""

from litestar import Controller, delete, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.contract.route_docs import answer, problems
from api.http.guards import CHANGING, learning_on
from api.http.parameters import ImageId, NamedUser, Task
from api.learning.labels import ManageLabels
from api.schemas.labels import LabelRequest, LabelResultsView, LabelsRequest, LabelView
from api.state import ApiRequest


class LabelController(Controller):
    """Labels of images."""

    path = "/v1"
    tags = ("learning",)
    guards = (learning_on,)

    @put(
        "/images/{image_id:str}/labels/{task:str}",
        operation_id="setLabel",
        summary="Label an image",
        opt=CHANGING,
        responses={200: answer(LabelView, "The label.")} | problems(400, 403, 404, 409, 410),
    )
    async def set_label(
        self,
        request: ApiRequest,
        manage_labels: NamedDependency[ManageLabels],
        image_id: ImageId,
        task: Task,
        data: JSONBody[LabelRequest],
        user_id: NamedUser = None,
    ) -> LabelView:
        """Says what an image shows, for a task that a model learns.

        Each key has one label for an image and a task; the image shows the latest of them.
        """
        return await manage_labels.set_one(request.user, user_id, image_id, task, data)

    @delete(
        "/images/{image_id:str}/labels/{task:str}",
        operation_id="removeLabel",
        summary="Remove a label",
        opt=CHANGING,
        responses=problems(404, 409, 410),
    )
    async def remove_label(
        self,
        request: ApiRequest,
        manage_labels: NamedDependency[ManageLabels],
        image_id: ImageId,
        task: Task,
        user_id: NamedUser = None,
    ) -> None:
        """Removes the label of a task from an image, whichever key set it."""
        await manage_labels.remove(request.user, user_id, image_id, task)

    @post(
        "/labels",
        operation_id="setLabels",
        summary="Label many images",
        opt=CHANGING,
        status_code=HTTP_200_OK,
        responses={200: answer(LabelResultsView, "The outcomes.")} | problems(400, 403, 409),
    )
    async def set_labels(
        self,
        request: ApiRequest,
        manage_labels: NamedDependency[ManageLabels],
        data: JSONBody[LabelsRequest],
        user_id: NamedUser = None,
    ) -> LabelResultsView:
        """Sets up to 1,000 labels. Each fails or succeeds by itself, as its item says."""
        return await manage_labels.set_many(request.user, user_id, data)
