"""The route of the statistics."""

from functools import partial
from typing import Any

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency

from api.analytics.statistics import ReadStatistics
from api.answers.conditional import conditional
from api.answers.plots import content_etag, numbers_or_plot
from api.contract.route_docs import answer, problems
from api.http.auth import admins_only
from api.http.parameters import DaysZone, IfNoneMatch
from api.schemas.statistics import StatisticsView, view_statistics
from api.state import ApiRequest
from domain.plots.uploads import plot_uploads


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
    | problems(403),
    response_headers=[ResponseHeader(name="ETag", value="", documentation_only=True)],
)
async def get_statistics(
    request: ApiRequest,
    read_statistics: NamedDependency[ReadStatistics],
    tz: DaysZone = "UTC",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

    The numbers cover all images of all users and are up to date after each upload and deletion.
    """
    statistics = await read_statistics.read(tz)
    draw = partial(plot_uploads, statistics.days, tz)
    response = numbers_or_plot(request, view_statistics(statistics, tz), draw)
    return conditional(if_none_match, content_etag(response), response)
