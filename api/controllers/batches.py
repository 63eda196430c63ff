"""Routes of batches, for admins."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.batches.batches import ManageBatches
from api.contract.route_docs import BATCH_HEADERS, answer, problems
from api.http.guards import admins_only
from api.http.parameters import id_of
from api.schemas.batches import BatchRequest, BatchView
from api.schemas.views import Cursor, Limit, Page
from api.state import ApiRequest

BatchId = Annotated[str, id_of("batch")]
ASK_AGAIN_SECONDS = 2


class BatchController(Controller):
    """Batches."""

    path = "/v1/batches"
    tags = ("batches",)
    guards = (admins_only,)

    @post(
        operation_id="createBatch",
        summary="Start a batch",
        status_code=HTTP_202_ACCEPTED,
        response_headers=BATCH_HEADERS,
        responses={202: answer(BatchView, "The open batch.")} | problems(400, 403, 409),
    )
    async def create_batch(
        self,
        request: ApiRequest,
        manage_batches: NamedDependency[ManageBatches],
        data: JSONBody[BatchRequest],
    ) -> Response[BatchView]:
        """Starts work over all stored images that a filter selects.

        Workers do it while people have no work for them, oldest batch first. A batch that is
        interrupted, by a crash or an update, goes on where it was.
        """
        batch = await manage_batches.start(request.user, data)
        follow = {"Location": f"/v1/batches/{batch.id}", "Retry-After": str(ASK_AGAIN_SECONDS)}
        return Response(batch, headers=follow)

    @get(
        operation_id="listBatches",
        summary="List batches",
        responses={200: answer(Page[BatchView], "A page of batches.")} | problems(403),
    )
    async def list_batches(
        self,
        manage_batches: NamedDependency[ManageBatches],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[BatchView]:
        """Lists batches, newest first. They are kept for 90 days after their end."""
        return await manage_batches.list_page(limit, cursor)

    @get(
        "/{batch_id:str}",
        operation_id="getBatch",
        summary="Retrieve a batch",
        responses={200: answer(BatchView, "The batch.")} | problems(403, 404),
    )
    async def get_batch(
        self, manage_batches: NamedDependency[ManageBatches], batch_id: BatchId
    ) -> BatchView:
        """Retrieves a batch with its progress."""
        return await manage_batches.read(batch_id)

    @post(
        "/{batch_id:str}/cancel",
        operation_id="cancelBatch",
        summary="Cancel a batch",
        status_code=HTTP_200_OK,
        responses={200: answer(BatchView, "The batch.")} | problems(403, 404),
    )
    async def cancel_batch(
        self,
        request: ApiRequest,
        manage_batches: NamedDependency[ManageBatches],
        batch_id: BatchId,
    ) -> BatchView:
        """Cancels a batch. What it has done stays done; a batch that has ended stays as it is."""
        return await manage_batches.cancel(request.user, batch_id)
