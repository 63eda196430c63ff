"""Routes of models, for admins."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.answers.job_answers import ticket
from api.answers.numbers import answer_drift, answer_model
from api.contract.histogram_docs import MedianOperation
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.guards import admins_only, learning_on
from api.http.headers import conditional, content_etag
from api.http.parameters import IfNoneMatch, Task, VersionNumber
from api.models.models import ManageModels
from api.schemas.jobs import JobView
from api.schemas.models import ModelDriftView, ModelsView, ModelVersionDetailView, ModelView
from api.state import ApiRequest


class ModelController(Controller):
    """Models."""

    path = "/v1/models"
    tags = ("models",)
    guards = (admins_only,)

    @get(
        operation_id="listModels",
        summary="List the models",
        responses={200: answer(ModelsView, "The models of all tasks.")} | problems(403),
    )
    async def list_models(self, manage_models: NamedDependency[ManageModels]) -> ModelsView:
        """Lists the tasks for which a model was trained, with all versions of each."""
        return await manage_models.list_all()

    @get(
        "/{task:str}",
        operation_id="getModel",
        summary="Retrieve a model",
        responses={200: answer(ModelView, "The model.")} | problems(403, 404),
    )
    async def get_model(
        self, manage_models: NamedDependency[ManageModels], task: Task
    ) -> ModelView:
        """Retrieves the model of a task with all its versions, newest first."""
        return await manage_models.read(task)

    @get(
        "/{task:str}/drift",
        operation_id="getModelDrift",
        operation_class=MedianOperation,
        summary="Retrieve the drift of a model",
        responses={
            200: answer(
                ModelDriftView,
                "The comparisons of the live version with what has arrived, or a plot of them if "
                "`Accept` prefers `image/svg+xml`.",
            ),
            304: answer(None, "It has not changed since the version in If-None-Match."),
        }
        | problems(403, 404, 409),
    )
    async def get_model_drift(
        self,
        request: ApiRequest,
        manage_models: NamedDependency[ManageModels],
        task: Task,
        if_none_match: IfNoneMatch = None,
    ) -> Response[Any]:
        """Retrieves how the pictures that arrive differ from those that the live version learned.

        Every night it is compared with the newest images, and with new labels. A stability index
        above 0.25 says that it needs new labels. The plot exists after the first comparison.
        """
        response = answer_drift(request, await manage_models.read_live(task))
        return conditional(if_none_match, content_etag(response.content), response)

    @get(
        "/{task:str}/versions/{version:int}",
        operation_id="getModelVersion",
        operation_class=MedianOperation,
        summary="Retrieve a version of a model",
        responses={
            200: answer(
                ModelVersionDetailView,
                "The version, or a plot of its confusion matrix and calibration if `Accept` "
                "prefers `image/svg+xml`.",
            ),
            304: answer(None, "It has not changed since the version in If-None-Match."),
        }
        | problems(403, 404),
    )
    async def get_model_version(
        self,
        request: ApiRequest,
        manage_models: NamedDependency[ManageModels],
        task: Task,
        version: VersionNumber,
        if_none_match: IfNoneMatch = None,
    ) -> Response[Any]:
        """Retrieves a version with its metrics on images that it was not trained on.

        They are those of each class, the confusion matrix and the calibration, and the nightly
        comparisons with the images that have arrived since.
        """
        model, view = await manage_models.read_version(task, version)
        response = answer_model(request, model, view)
        return conditional(if_none_match, content_etag(response.content), response)

    @post(
        "/{task:str}/train",
        operation_id="trainModel",
        summary="Train a model",
        guards=(learning_on,),
        status_code=HTTP_202_ACCEPTED,
        response_headers=TICKET_HEADERS,
        responses={202: answer(JobView, "The job of the training.")} | problems(403, 409),
    )
    async def train_model(
        self,
        request: ApiRequest,
        manage_models: NamedDependency[ManageModels],
        task: Task,
    ) -> Response[JobView]:
        """Trains a model on the labels of a task.

        The training runs as a job, whose one item is named as the task. It fails with
        `too_few_labels` if fewer than two classes have enough labelled images. While it runs, a
        second request returns the same job. The new version becomes live by itself if it is not
        worse than the live one on the same images, unless the service is configured otherwise.
        """
        return ticket(request, await manage_models.train(request.user, task))

    @post(
        "/{task:str}/versions/{version:int}/promote",
        operation_id="promoteModelVersion",
        summary="Promote a version of a model",
        status_code=HTTP_200_OK,
        responses={200: answer(ModelVersionDetailView, "The version, which is live.")}
        | problems(403, 404, 409),
    )
    async def promote_model_version(
        self,
        request: ApiRequest,
        manage_models: NamedDependency[ManageModels],
        task: Task,
        version: VersionNumber,
    ) -> ModelVersionDetailView:
        """Makes a version live, and retires the one that was. An older version is a rollback.

        Predictions of other versions are stale from then on, and made again from the stored
        embeddings.
        """
        return await manage_models.promote(request.user, task, version)
