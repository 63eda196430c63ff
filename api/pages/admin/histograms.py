"""Numbers across images: the median histogram of a day, and users with similar histograms."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from api.analytics.reports import Reports
from api.analytics.similar import FindSimilar
from api.answers.numbers import answer_median
from api.http.headers import SVG_HEADERS
from api.http.leaving import unless_client_leaves
from api.state import ApiRequest
from domain.calendar.days import DAY_PATTERN, TODAY
from domain.histograms.similarity import Metric
from domain.keys import MAX_USER_ID_CHARS, Scope
from domain.tenants import owner_id

ZONE = "UTC"
MOST_USERS = 10
Day = Annotated[str, QueryParameter(name="day", pattern=rf"{DAY_PATTERN}|^\Z")]
UserName = Annotated[str, QueryParameter(name="user", max_length=MAX_USER_ID_CHARS)]
TenantName = Annotated[str, QueryParameter(name="tenant", max_length=MAX_USER_ID_CHARS)]


@get("/histograms")
async def show_histograms(
    day: Day = TODAY, user: UserName = "", tenant: TenantName = ""
) -> Template:
    """Show the median histogram of a day, and the form for similar users."""
    shown = {"day": day or TODAY, "user": user, "tenant": tenant, "similar": None}
    return Template("admin/histograms.html", context=shown)


@get("/histograms/similar")
async def show_similar(
    request: ApiRequest,
    find_similar: NamedDependency[FindSimilar],
    user: UserName = "",
    tenant: TenantName = "",
) -> Template:
    """Show the users whose mean histograms are most similar to a user's."""
    owner = owner_id(tenant or None, user)
    finding = find_similar.find(
        owner, None, Scope(), MOST_USERS, Metric.HELLINGER, None, tenant or None
    )
    similar = await unless_client_leaves(request.receive, finding)
    shown = {"day": TODAY, "user": user, "tenant": tenant, "similar": similar}
    return Template("admin/histograms.html", context=shown)


@get("/plots/median", response_headers=SVG_HEADERS)
async def plot_median(
    request: ApiRequest, reports: NamedDependency[Reports], day: Day = TODAY
) -> Response[bytes]:
    """Draw the median histogram of a day."""
    date, median = await unless_client_leaves(
        request.receive, reports.read_median(day or TODAY, ZONE, None)
    )
    return answer_median(request, median, date, ZONE)


ROUTES = (show_histograms, show_similar, plot_median)
