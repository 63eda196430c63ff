"""Histograms of many images: of a user's week, and the median of a day."""

from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.answers.plots import wants_plot
from api.contract.examples import EXAMPLE_MEDIAN, EXAMPLE_WEEK
from api.contract.histogram_docs import MedianOperation, WeekOperation
from api.contract.route_docs import answer, problems
from api.http.auth import no_client_keys
from api.http.media_types import ARROW, NPY, SVG, SVG_HEADERS
from api.http.parameters import DaysZone, IfNoneMatch, UserId
from api.http.request_headers import ETAG_DIGITS, is_known
from api.images.histogram_tables import make_table, write_arrow, write_npy
from api.schemas.histograms import (
    ImageHistogramView,
    MedianHistogramView,
    view_image_histogram,
    view_median,
)
from api.schemas.paging import Cursor, Limit, Page
from api.state import ApiRequest
from domain.calendar.days import DAY_PATTERN, TODAY, end_of_day, find_day, find_zone, start_of_day
from domain.calendar.weeks import CURRENT, WEEK_PATTERN, find_week
from domain.images.values import unpack_bins
from domain.keys import check_may_read
from domain.plots.histogram import plot_histogram
from domain.plots.week import DatedHistogram, plot_week
from storage.clock import utc_now
from storage.histograms.periods import Period
from storage.histograms.user_histograms import HistogramPage, ImageHistogram

JSON = "application/json"

WeekName = Annotated[
    str,
    QueryParameter(
        required=False,
        pattern=WEEK_PATTERN,
        description="ISO week by time of upload: `current`, or as `2026-W47`.",
        examples=[Example(value="2026-W47")],
    ),
]
DayName = Annotated[
    str,
    QueryParameter(
        required=False,
        pattern=DAY_PATTERN,
        description="Day of upload: `today`, or as `2026-11-22`.",
        examples=[Example(value="2026-11-22")],
    ),
]


@get(
    "/v1/users/{user_id:str}/histograms",
    operation_id="listUserHistograms",
    operation_class=WeekOperation,
    tags=["histograms"],
    summary="List a user's histograms of a week",
    responses={
        200: answer(
            Page[ImageHistogramView],
            "A page, in the form that `Accept` asks for; JSON where it asks for none of these.",
            EXAMPLE_WEEK,
        ),
        **problems(401, 404, 422, 503),
    },
)
async def list_user_histograms(
    request: ApiRequest,
    user_id: UserId,
    week: WeekName = CURRENT,
    tz: DaysZone = "UTC",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[Any]:
    """List the gray-level histograms of all images that a user uploaded in a week, newest first.

    A week goes from Monday to Sunday, in `tz`. Images without a histogram are left out: those that
    are not done, on which it failed, or that it was not asked for. Admin and service keys may ask
    for any user, a client key for its own.
    """
    check_may_read(request.user, user_id)
    zone = find_zone(tz)
    wanted = find_week(week, utc_now(), zone)
    page = await request.app.state.stores.user_histograms.list_page(
        user_id, Period(wanted.start(zone), wanted.end(zone)), limit, cursor
    )
    headers = {"Vary": "Accept"}
    if page.next_before:
        query = {"week": wanted.name, "tz": tz, "limit": limit, "cursor": page.next_before}
        path = f"/v1/users/{quote(user_id, safe='')}/histograms?{urlencode(query)}"
        headers["Link"] = f'<{path}>; rel="next"'
    form = request.accept.best_match([JSON, ARROW, NPY, SVG])
    if form == SVG:
        title = f"{user_id}, {wanted.name} ({tz})"
        plot = plot_week([_dated(of) for of in page.histograms], title, zone)
        return Response(plot, media_type=SVG, headers=headers | SVG_HEADERS)
    if form in {ARROW, NPY}:
        table = make_table(page.histograms)
        content = write_arrow(table) if form == ARROW else write_npy(table)
        return Response(content, media_type=form, headers=headers)
    return Response(_view_page(page), headers=headers)


@get(
    "/v1/histograms/median",
    operation_id="getMedianHistogram",
    operation_class=MedianOperation,
    tags=["histograms"],
    summary="Read the median histogram of a day",
    guards=[no_client_keys],
    responses={
        200: answer(
            MedianHistogramView,
            "The median; or a plot where `Accept` asks for `image/svg+xml`.",
            EXAMPLE_MEDIAN,
        ),
        304: answer(None, description="Nothing has changed since that of If-None-Match."),
        **problems(401, 403, 422, 503),
    },
)
async def get_median_histogram(
    request: ApiRequest,
    day: DayName = TODAY,
    tz: DaysZone = "UTC",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Read the median of each gray level over all images of a day, of all users.

    Each histogram is divided by its number of pixels first. A file that was uploaded twice counts
    twice; what was deleted does not count. Exact, and right at this moment. For admin and service
    keys.
    """
    zone = find_zone(tz)
    date = find_day(day, utc_now(), zone)
    period = Period(start_of_day(date, zone), end_of_day(date, zone))
    median = await request.app.state.stores.medians.read(period)
    if wants_plot(request):
        images = f"{median.images} image{'' if median.images == 1 else 's'}"
        title = f"{date} ({tz}): median of {images}"
        content, media_type = plot_histogram(median.bins, title).encode(), SVG
    else:
        content, media_type = msgspec.json.encode(view_median(median, date, tz)), JSON
    etag = sha256(content).hexdigest()[:ETAG_DIGITS]
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if is_known(if_none_match, etag):
        return Response(None, status_code=304, headers=headers)
    more = SVG_HEADERS if media_type == SVG else {}
    return Response(content, media_type=media_type, headers=headers | more)


def _dated(histogram: ImageHistogram) -> DatedHistogram:
    bins = unpack_bins(histogram.packed)
    return DatedHistogram(histogram.image_id, histogram.uploaded_at, bins)


def _view_page(page: HistogramPage) -> Page[ImageHistogramView]:
    views = [view_image_histogram(histogram) for histogram in page.histograms]
    return Page(views, next_cursor=page.next_before or msgspec.UNSET)
