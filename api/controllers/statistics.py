"""Statistics over all images of all users, for admins."""

from hashlib import sha256
from typing import Any

import msgspec
from litestar import Response, get
from litestar.datastructures import ResponseHeader

from api.answers.plots import wants_plot
from api.contract.examples import EXAMPLE_STATISTICS
from api.contract.route_docs import answer, problems
from api.http.auth import admins_only
from api.http.media_types import SVG, SVG_HEADERS
from api.http.parameters import DaysZone, IfNoneMatch
from api.http.request_headers import ETAG_DIGITS, is_known
from api.schemas.statistics import StatisticsView, view_statistics
from api.state import ApiRequest
from domain.calendar.days import find_zone
from domain.plots.uploads import plot_uploads
from storage.clock import utc_now


@get(
    "/v1/statistics",
    operation_id="getStatistics",
    tags=["statistics"],
    summary="Read the statistics",
    guards=[admins_only],
    responses={
        200: answer(
            StatisticsView,
            "The numbers; or a plot of the uploads per day where `Accept` asks for "
            "`image/svg+xml`.",
            EXAMPLE_STATISTICS,
        ),
        304: answer(None, description="Nothing has changed since that of If-None-Match."),
        **problems(401, 403, 422, 503),
    },
    response_headers=[ResponseHeader(name="ETag", value="", documentation_only=True)],
)
async def get_statistics(
    request: ApiRequest, tz: DaysZone = "UTC", if_none_match: IfNoneMatch = None
) -> Response[Any]:
    """Read what there is: formats, cameras, uploads per day, users, bytes, faces, failures.

    Right at this moment, after each upload, duplicate and delete.
    """
    zone = find_zone(tz)
    statistics = await request.app.state.stores.statistics.read(utc_now(), zone)
    view = view_statistics(statistics, tz)
    is_plot = wants_plot(request)
    content = plot_uploads(statistics.days, tz).encode() if is_plot else msgspec.json.encode(view)
    etag = sha256(content).hexdigest()[:ETAG_DIGITS]
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if is_known(if_none_match, etag):
        return Response(None, status_code=304, headers=headers)
    if is_plot:
        return Response(content, media_type=SVG, headers=headers | SVG_HEADERS)
    return Response(view, headers=headers)
