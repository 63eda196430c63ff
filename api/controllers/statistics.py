"""The route of the statistics."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency

from api.analytics.reports import ReadStatistics
from api.answers.numbers import answer_statistics, content_etag
from api.contract.route_docs import answer, problems
from api.http.guards import admins_only
from api.http.parameters import DaysZone, IfNoneMatch
from api.http.response_headers import conditional
from api.schemas.statistics import StatisticsView
from api.state import ApiRequest


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
    response = answer_statistics(request, await read_statistics.read(tz), tz)
    return conditional(if_none_match, content_etag(response), response)
