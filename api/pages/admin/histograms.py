"""The median histogram of all images of a day."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from api.analytics.reports import Reports
from api.answers.numbers import answer_median
from api.http.headers import SVG_HEADERS
from api.http.leaving import unless_client_leaves
from api.state import ApiRequest
from domain.calendar.days import DAY_PATTERN, TODAY

ZONE = "UTC"
Day = Annotated[str, QueryParameter(name="day", pattern=rf"{DAY_PATTERN}|^\Z")]


@get("/histograms")
async def show_histograms(day: Day = TODAY) -> Template:
    """Show the median histogram of a day."""
    return Template("admin/histograms.html", context={"day": day or TODAY})


@get("/plots/median", response_headers=SVG_HEADERS)
async def plot_median(
    request: ApiRequest, reports: NamedDependency[Reports], day: Day = TODAY
) -> Response[bytes]:
    """Draw the median histogram of a day."""
    date, median = await unless_client_leaves(
        request.receive, reports.read_median(day or TODAY, ZONE, None)
    )
    return answer_median(request, median, date, ZONE)


ROUTES = (show_histograms, plot_median)
