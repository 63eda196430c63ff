"""The first page: the live queue and the statistics."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from api.analytics.reports import Reports
from api.http.headers import SVG, SVG_HEADERS
from api.monitoring.live_queue import LiveQueue
from domain.plots.uploads import plot_uploads

ZONE = "UTC"


@get("/")
async def show_overview(
    live_queue: NamedDependency[LiveQueue], reports: NamedDependency[Reports]
) -> Template:
    """Show the queue and the statistics."""
    queue, statistics = await live_queue.read(), await reports.read_statistics(ZONE)
    return Template("admin/overview.html", context={"queue": queue, "statistics": statistics})


@get("/queue")
async def show_queue(live_queue: NamedDependency[LiveQueue]) -> Template:
    """Show the queue as it is now."""
    return Template("admin/queue.html", context={"queue": await live_queue.read()})


@get("/statistics")
async def show_statistics(reports: NamedDependency[Reports]) -> Template:
    """Show the statistics as they are now."""
    statistics = await reports.read_statistics(ZONE)
    return Template("admin/statistics.html", context={"statistics": statistics})


@get("/plots/uploads", response_headers=SVG_HEADERS, media_type=SVG)
async def plot_days(reports: NamedDependency[Reports]) -> Response[str]:
    """Draw the uploads of the last 30 days."""
    statistics = await reports.read_statistics(ZONE)
    return Response(plot_uploads(statistics.days, ZONE), media_type=SVG)


ROUTES = (show_overview, show_queue, show_statistics, plot_days)
