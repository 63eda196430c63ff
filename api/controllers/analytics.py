"""Routes of numbers across images: weeks of users, medians of days, similar users, statistics."""

from typing import Annotated, Any

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.analytics.reports import Reports
from api.analytics.similar import FindSimilar
from api.answers.numbers import answer_median, answer_statistics, answer_week
from api.contract.histogram_docs import MedianOperation, WeekOperation
from api.contract.route_docs import answer, problems
from api.http.guards import admins_only, may_read_user, no_client_keys
from api.http.headers import conditional, content_etag
from api.http.leaving import unless_client_leaves
from api.http.parameters import (
    EXAMPLE_ID,
    EXAMPLE_TIME,
    DaysZone,
    IfNoneMatch,
    NamedTenant,
    UserId,
    example,
)
from api.schemas.histograms import ImageHistogramView, MedianHistogramView, SimilarView
from api.schemas.statistics import StatisticsView
from api.schemas.views import Cursor, Limit, Page
from api.state import ApiRequest
from domain.calendar.days import DAY_PATTERN, TODAY
from domain.calendar.weeks import CURRENT, WEEK_PATTERN
from domain.histograms.similarity import Metric
from domain.keys import scope_of

WeekName = Annotated[
    str,
    QueryParameter(
        pattern=WEEK_PATTERN,
        description="The ISO week of the upload: `current`, or a week such as `2026-W47`.",
        examples=example("2026-W47"),
    ),
]
DayName = Annotated[
    str,
    QueryParameter(
        pattern=DAY_PATTERN,
        description="The day of the upload: `today`, or a date such as `2026-11-22`.",
        examples=example("2026-11-22"),
    ),
]
Count = Annotated[
    int,
    QueryParameter(
        name="n",
        ge=1,
        le=100,
        description="Maximum number of results: 1 to 100, 10 by default.",
        examples=example(5),
    ),
]
MetricName = Annotated[
    Metric,
    QueryParameter(
        description="The measure of distance; less is more similar.",
        examples=example("hellinger"),
    ),
]
Since = Annotated[
    # Read by the use case: msgspec raises a bare ValueError for years after 9999.
    str | None,
    QueryParameter(
        max_length=64,
        schema_extra={"format": "date-time"},
        description="Compare only images that were uploaded at this time or later.",
        examples=example(EXAMPLE_TIME),
    ),
]
ImageId = Annotated[
    str | None,
    QueryParameter(
        name="image_id",
        max_length=64,
        description="An image of the user; lists the images that are most similar to it.",
        examples=example(EXAMPLE_ID),
    ),
]


@get(
    "/v1/users/{user_id:str}/histograms",
    operation_id="listUserHistograms",
    operation_class=WeekOperation,
    tags=["histograms"],
    summary="List a user's histograms of a week",
    guards=[may_read_user],
    responses={
        200: answer(
            Page[ImageHistogramView],
            "A page of histograms, in the format that `Accept` prefers; JSON by default.",
        )
    }
    | problems(403, 404, 429),
)
async def list_user_histograms(
    request: ApiRequest,
    reports: NamedDependency[Reports],
    user_id: UserId,
    tenant: NamedTenant = None,
    week: WeekName = CURRENT,
    tz: DaysZone = "UTC",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[Any]:
    """Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
    that are not done, whose histogram failed, or for which it was not requested. Admin and
    service keys can read any user, client keys only their own.
    """
    owner = request.user.within(tenant).owner(user_id)
    reading = reports.list_week(owner, week, tz, limit, cursor)
    answering = answer_week(request, reports, reading)
    return await unless_client_leaves(request.receive, answering)


@get(
    "/v1/histograms/median",
    operation_id="getMedianHistogram",
    operation_class=MedianOperation,
    tags=["histograms"],
    summary="Retrieve the median histogram of a day",
    guards=[no_client_keys],
    responses={
        200: answer(
            MedianHistogramView,
            "The median, or a plot of it if `Accept` prefers `image/svg+xml`.",
        ),
        304: answer(None, "The median has not changed since the version in If-None-Match."),
    }
    | problems(403, 429),
)
async def get_median_histogram(
    request: ApiRequest,
    reports: NamedDependency[Reports],
    tenant: NamedTenant = None,
    day: DayName = TODAY,
    tz: DaysZone = "UTC",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Retrieves the median of each gray level over all images of all users on a day.

    With a key that has a tenant, over those of its users; with a service key without one, over
    those of users without a tenant.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.
    """
    visible = request.user.within(tenant).visible_tenant
    reading = reports.read_median(day, tz, visible)
    date, median = await unless_client_leaves(request.receive, reading)
    response = answer_median(request, median, date, tz)
    return conditional(if_none_match, content_etag(response.content), response)


@get(
    "/v1/users/{user_id:str}/similar",
    operation_id="listSimilarUsers",
    tags=["histograms"],
    summary="List similar users",
    guards=[no_client_keys],
    responses={
        200: answer(SimilarView, "The similar users, or with `image_id` the similar images.")
    }
    | problems(403, 404, 409, 410, 429),
)
async def list_similar(
    request: ApiRequest,
    find_similar: NamedDependency[FindSimilar],
    user_id: UserId,
    tenant: NamedTenant = None,
    count: Count = 10,
    metric: MetricName = Metric.HELLINGER,
    since: Since = None,
    image_id: ImageId = None,
) -> SimilarView:
    """Lists the users whose mean histograms are most similar to a user's, nearest first.

    With `image_id`, lists the images of all users that are most similar to that image of the user
    instead. The answer is up to date after each upload and deletion. Requires an admin or a
    service key, because the answer names users and reveals something about their pictures. With
    a service key, only users of its tenant, or users without a tenant, are compared.
    """
    caller = request.user.within(tenant)
    scope, owner = scope_of(caller, user_id), caller.owner(user_id)
    visible = caller.visible_tenant
    finding = find_similar.find(owner, image_id, scope, count, metric, since, visible)
    return await unless_client_leaves(request.receive, finding)


@get(
    "/v1/statistics",
    operation_id="getStatistics",
    tags=["statistics"],
    summary="Retrieve the statistics",
    guards=[admins_only],
    responses={
        200: answer(
            StatisticsView,
            "The statistics, or a plot of the uploads per day if `Accept` prefers `image/svg+xml`.",
        ),
        304: answer(None, "The statistics have not changed since the version in If-None-Match."),
    }
    | problems(403, 429),
    response_headers=[ResponseHeader(name="ETag", value="", documentation_only=True)],
)
async def get_statistics(
    request: ApiRequest,
    reports: NamedDependency[Reports],
    tz: DaysZone = "UTC",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.
    """
    response = answer_statistics(request, await reports.read_statistics(tz), tz)
    return conditional(if_none_match, content_etag(response.content), response)
