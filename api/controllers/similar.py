"""Users and images that are alike."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import get
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.contract.examples import EXAMPLE_SIMILAR_USERS
from api.contract.route_docs import answer, problems
from api.http.auth import no_client_keys
from api.http.example_values import EXAMPLE_ID, EXAMPLE_TIME
from api.http.parameters import UserId
from api.images.similar_lookup import check_has_histogram
from api.schemas.similar import SimilarView, view_similar_images, view_similar_users
from api.state import ApiRequest
from domain.errors.requests import InvalidValue
from domain.histograms.similarity import Metric
from domain.keys import check_user_id, scope_of

MOST = 100

Count = Annotated[int, QueryParameter(name="n", ge=1, le=MOST, description="How many, at most.")]
MetricName = Annotated[
    Metric,
    QueryParameter(required=False, description="What is meant by alike; less is more alike."),
]
Since = Annotated[
    datetime | None,
    QueryParameter(
        required=False,
        description="Only images uploaded at this time or later count, on both sides.",
        examples=[Example(value=EXAMPLE_TIME)],
    ),
]
ImageId = Annotated[
    str | None,
    QueryParameter(
        name="image_id",
        required=False,
        max_length=64,
        description="An image of the user: then the images that are most like it are answered.",
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
            "The users; or with `image_id`, the images.",
            EXAMPLE_SIMILAR_USERS,
        ),
        **problems(401, 403, 404, 409, 410, 422, 503),
    },
)
async def list_similar(
    request: ApiRequest,
    user_id: UserId,
    count: Count = 10,
    metric: MetricName = Metric.HELLINGER,
    since: Since = None,
    image_id: ImageId = None,
) -> SimilarView:
    """List the users whose mean histograms are most like that of one, nearest first.

    With `image_id`, an image of that user: the images of all users that are most like it. Right at
    this moment, after each upload and delete. For admin and service keys: the answer names users,
    and tells something of their pictures.
    """
    check_user_id(user_id)
    since = _to_utc(since)
    state = request.app.state
    if image_id is not None:
        await check_has_histogram(state.stores, scope_of(request.user, user_id), image_id)
        images, compared = await state.similar_images.find(image_id, count, metric, since)
        return view_similar_images(images, compared, metric)
    if since is not None:
        users = await state.similar_users.find_since(user_id, count, metric, since)
    else:
        users = await state.similar_users.find(user_id, count, metric)
    return view_similar_users(users, metric)


def _to_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidValue(
            "The time has to say how far it is from UTC, as in 2026-11-21T09:30:00Z."
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("There is no such time in UTC.") from None
