"""Responses with numbers: as JSON, as a plot, or as a table."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any

import msgspec
from litestar import MediaType, Response

from api.analytics.histogram_tables import make_table, write_arrow, write_npy
from api.analytics.reports import Reports, WeekPage
from api.http.headers import ARROW, NPY, SVG, SVG_HEADERS
from api.schemas.histograms import view_image_histogram, view_median
from api.schemas.images import view_histogram
from api.schemas.models import ModelVersionDetailView, view_drift
from api.schemas.statistics import view_statistics
from api.schemas.views import Page
from api.state import ApiRequest
from domain.errors.access import WrongState
from domain.histograms.medians import Median
from domain.images.values import unpack_bins
from domain.learning.models import Model
from domain.plots.drift import plot_drift
from domain.plots.histogram import plot_histogram
from domain.plots.model import plot_model
from domain.plots.uploads import plot_uploads
from domain.plots.week import DatedHistogram, plot_week
from domain.statistics import Statistics

VARY = {"Vary": "Accept"}


def answer_statistics(request: ApiRequest, found: Statistics, tz: str) -> Response[bytes]:
    """Answer with the statistics; the plot shows the uploads per day."""
    draw = partial(plot_uploads, found.days, tz)
    return _numbers_or_plot(request, view_statistics(found, tz), draw)


def answer_histogram(request: ApiRequest, filename: str, packed: bytes) -> Response[bytes]:
    """Answer with the histogram of an image."""
    draw = partial(plot_histogram, unpack_bins(packed), filename)
    return _numbers_or_plot(request, view_histogram(packed), draw)


def answer_median(request: ApiRequest, median: Median, day: date, tz: str) -> Response[bytes]:
    """Answer with the median histogram of a day."""
    count = median.images
    title = f"{day} ({tz}): median of {count} image{'' if count == 1 else 's'}"
    draw = partial(plot_histogram, median.bins, title)
    return _numbers_or_plot(request, view_median(median, day, tz), draw)


def answer_model(
    request: ApiRequest, model: Model, view: ModelVersionDetailView
) -> Response[bytes]:
    """Answer with a version of a model; see :func:`draw_model` for the plot.

    Raises:
        WrongState: The plot is wanted of a version that has no metrics.
    """
    return _numbers_or_plot(request, view, partial(draw_model, model))


def answer_drift(request: ApiRequest, model: Model) -> Response[bytes]:
    """Answer with the comparisons of a version with what has arrived; see :func:`draw_drift`.

    Raises:
        WrongState: The plot is wanted before the first comparison.
    """
    return _numbers_or_plot(request, view_drift(model), partial(draw_drift, model))


def draw_drift(model: Model) -> str:
    """Plot how a version fared, night by night.

    Raises:
        WrongState: It was not compared yet.
    """
    if not model.watched:
        raise WrongState("This version was not compared yet: the first comparison is at night.")
    title = f"{model.task}, version {model.version}: compared with what arrives"
    holdout = model.metrics.accuracy if model.metrics else None
    return plot_drift(title, model.watched, holdout)


def draw_model(model: Model) -> str:
    """Plot the confusion matrix and the calibration of a version.

    Raises:
        WrongState: It has no metrics.
    """
    if model.metrics is None:
        raise WrongState(f"This version is {model.status.value}: it has no metrics.")
    return plot_model(f"{model.task}, version {model.version}", model.classes, model.metrics)


async def answer_week(
    request: ApiRequest, reports: Reports, reading: Awaitable[WeekPage]
) -> Response[Any]:
    """Answer with the histograms of a week: JSON, an Arrow stream, a NumPy file, or a plot."""
    page = await reading
    headers = dict(VARY)
    if page.next_url:
        headers["Link"] = f'<{page.next_url}>; rel="next"'
    form = request.accept.best_match([MediaType.JSON, ARROW, NPY, SVG])
    if form == SVG:
        dated = [
            DatedHistogram(one.image_id, one.uploaded_at, unpack_bins(one.packed))
            for one in page.histograms
        ]
        plot = await reports.draw(partial(plot_week, dated, page.title, page.zone))
        return Response(plot, media_type=SVG, headers=headers | SVG_HEADERS)
    if form in {ARROW, NPY}:
        table = make_table(page.histograms)
        content = write_arrow(table) if form == ARROW else write_npy(table)
        return Response(content, media_type=form, headers=headers)
    views = [view_image_histogram(histogram) for histogram in page.histograms]
    return Response(Page(views, page.next_cursor or msgspec.UNSET), headers=headers)


def _numbers_or_plot(request: ApiRequest, view: object, draw: Callable[[], str]) -> Response[bytes]:
    """Answer with JSON, or with the SVG that ``draw`` makes if Accept prefers it."""
    if request.accept.best_match([MediaType.JSON, SVG]) == SVG:
        return Response(draw().encode(), media_type=SVG, headers=VARY | SVG_HEADERS)
    return Response(msgspec.json.encode(view), media_type=MediaType.JSON, headers=VARY)
