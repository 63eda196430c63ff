"""The route of similar users and images."""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.analytics.similar import FindSimilar, SimilarQuery
from api.contract.route_docs import answer, problems
from api.http.guards import no_client_keys
from api.http.parameters import EXAMPLE_ID, EXAMPLE_TIME, UserId
from api.schemas.histograms import SimilarView
from api.state import ApiRequest
from domain.histograms.similarity import Metric
from domain.keys import scope_of

MOST = 100

Count = Annotated[int, QueryParameter(name="n", ge=1, le=MOST, description="Most results.")]
MetricName = Annotated[
    Metric,
    QueryParameter(required=False, description="The measure of distance; less is more similar."),
]
Since = Annotated[
    datetime | None,
    QueryParameter(
        required=False,
        description="Compare only images that were uploaded at this time or later.",
        examples=[Example(value=EXAMPLE_TIME)],
    ),
]
ImageId = Annotated[
    str | None,
    QueryParameter(
        name="image_id",
        required=False,
        max_length=64,
        description="An image of the user; lists the images that are most similar to it.",
        examples=[Example(value=EXAMPLE_ID)],
    ),
]


@get(
    "/v1/users/{user_id:str}/similar",
    operation_id="listSimilarUsers",
    tags=["histograms"],
    summary="List similar users",
    guards=[no_client_keys],
    responses={
        200: answer(
            SimilarView,
            "The similar users, or with `image_id` the similar images.",
        ),
    }
    | problems(403, 404, 409, 410),
)
async def list_similar(
    request: ApiRequest,
    find_similar: NamedDependency[FindSimilar],
    user_id: UserId,
    count: Count = 10,
    metric: MetricName = Metric.HELLINGER,
    since: Since = None,
    image_id: ImageId = None,
) -> SimilarView:
    """Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures.
    """
    query = SimilarQuery(count, metric, since, image_id)
    return await find_similar.find(user_id, scope_of(request.user, user_id), query)
