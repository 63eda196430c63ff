"""Routes of histograms across images: a user's week, and the median of a day."""

from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.analytics.reports import ListWeekHistograms, ReadMedian
from api.answers.numbers import answer_median, answer_week, content_etag
from api.contract.histogram_docs import MedianOperation, WeekOperation
from api.contract.route_docs import answer, problems
from api.http.guards import may_read_user, no_client_keys
from api.http.parameters import DaysZone, IfNoneMatch, UserId
from api.http.response_headers import conditional
from api.schemas.histograms import ImageHistogramView, MedianHistogramView
from api.schemas.paging import Cursor, Limit, Page
from api.state import ApiRequest
from domain.calendar.days import DAY_PATTERN, TODAY
from domain.calendar.weeks import CURRENT, WEEK_PATTERN

WeekName = Annotated[
    str,
    QueryParameter(
        required=False,
        pattern=WEEK_PATTERN,
        description="The ISO week of the upload: `current`, or a week such as `2026-W47`.",
        examples=[Example(value="2026-W47")],
    ),
]
DayName = Annotated[
    str,
    QueryParameter(
        required=False,
        pattern=DAY_PATTERN,
        description="The day of the upload: `today`, or a date such as `2026-11-22`.",
        examples=[Example(value="2026-11-22")],
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
        ),
    }
    | problems(404),
)
async def list_user_histograms(
    request: ApiRequest,
    list_week_histograms: NamedDependency[ListWeekHistograms],
    user_id: UserId,
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
    page = await list_week_histograms.list_page(user_id, week, tz, limit, cursor)
    return answer_week(request, page)


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
    | problems(403),
)
async def get_median_histogram(
    request: ApiRequest,
    read_median: NamedDependency[ReadMedian],
    day: DayName = TODAY,
    tz: DaysZone = "UTC",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Retrieves the median of each gray level over all images of all users on a day.

    Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
    twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
    service key.
    """
    response = answer_median(request, await read_median.read(day, tz))
    return conditional(if_none_match, content_etag(response), response)
