"""Plot of how a live model fares: what arrives compared with what it learned, and its accuracy."""

from collections.abc import Callable, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from domain.learning.drift import ALERT_AT
from domain.learning.models import Watched
from domain.plots.svg import add_text, choose_top, printable, write_svg

_WIDTH, _HEIGHT = 276.0, 200.0
_TOP, _LEFTS = 104.0, (48.0, 420.0)
_PLOT_HEIGHT = 340
_FEATURES, _CLASSES, _LABELS = "#2b8a7b", "#c4764a", "#9470c4"
_AXIS, _LIMIT = "#8b95a5", "#c0392b"
_Value = Callable[[Watched], float | None]


def plot_drift(title: str, watched: Sequence[Watched], holdout: float | None) -> str:
    """Plot the comparisons of a model with what has arrived, as an SVG.

    Args:
        title: Shown above and read out by screen readers; any text.
        watched: Oldest first; one at least.
        holdout: Accuracy on images that it was not trained on, 0 to 1.
    """
    plot = ET.Element("g")
    add_text(plot, 24, 32, printable(title), 17)
    stability = [one for each in watched for one in (each.feature_psi, each.class_psi) if one]
    top = choose_top(max([2 * ALERT_AT, *stability]))
    left = _Panel(plot, _LEFTS[0], watched, top)
    left.draw_axes("Stability index (PSI) of", f"{top:g}")
    left.draw_level(ALERT_AT, f"{ALERT_AT:g}", _LIMIT)
    left.draw_line("pictures", _FEATURES, lambda one: one.feature_psi, "{:.3f}")
    left.draw_line("predictions", _CLASSES, lambda one: one.class_psi, "{:.3f}")
    right = _Panel(plot, _LEFTS[1], watched, 1.0)
    right.draw_axes("Accuracy on", "100 %")
    if holdout is not None:
        right.draw_level(holdout, f"hold-out {holdout:.0%}", _AXIS)
    right.draw_line("labels of seven days", _LABELS, lambda one: one.accuracy, "{:.0%}")
    return write_svg(title, describe_drift(watched), plot, _PLOT_HEIGHT)


def describe_drift(watched: Sequence[Watched]) -> str:
    """Say what the last comparison found."""
    last = watched[-1]
    if last.feature_psi is None:
        return f"{last.at:%Y-%m-%d}: too few images to compare, {last.images}."
    judged = "have changed" if last.feature_psi > ALERT_AT else "are as before"
    labels = (
        "no labels to compare"
        if last.accuracy is None
        else f"{last.accuracy:.0%} of {last.labelled} labels agree"
    )
    return (
        f"{last.at:%Y-%m-%d}: the pictures {judged} (PSI {last.feature_psi:.3f} of {last.images} "
        f"images), {labels}."
    )


class _Panel:
    """One pair of axes: time to the right, a value upwards."""

    def __init__(
        self, plot: ET.Element, left: float, watched: Sequence[Watched], top: float
    ) -> None:
        self._plot = plot
        self._left = left
        self._watched = watched
        self._top = top
        self._named = left

    def draw_axes(self, title: str, top: str) -> None:
        add_text(self._plot, self._left, _TOP - 36, title, 13)
        for y, text in ((_TOP, top), (_TOP + _HEIGHT, "0")):
            self._line(y, _AXIS, 0.3)
            add_text(self._plot, self._left - 6, y + 4, text, 11, "end")
        first, last = self._watched[0].at, self._watched[-1].at
        below = _TOP + _HEIGHT + 20
        add_text(self._plot, self._left, below, f"{first:%Y-%m-%d}", 12)
        if last.date() != first.date():
            add_text(self._plot, self._left + _WIDTH, below, f"{last:%Y-%m-%d}", 12, "end")

    def draw_level(self, value: float, name: str, color: str) -> None:
        y = self._y(value)
        self._line(y, color, 1.0, dashes="5 4")
        add_text(self._plot, self._left + _WIDTH, y - 5, name, 11, "end")

    def draw_line(self, name: str, color: str, value: _Value, shown: str) -> None:
        """Draw a line through the values that are known, and its name in its colour."""
        points = [
            (self._x(one.at), self._y(known), f"{one.at:%Y-%m-%d}, {name}: {shown.format(known)}")
            for one in self._watched
            if (known := value(one)) is not None
        ]
        mark = {"x": f"{self._named:.1f}", "y": f"{_TOP - 27:.1f}", "width": "10", "height": "10"}
        ET.SubElement(self._plot, "rect", mark | {"fill": color})
        add_text(self._plot, self._named + 15, _TOP - 18, name, 12)
        self._named += 35 + 7 * len(name)
        if not points:
            add_text(self._plot, self._left + _WIDTH / 2, _TOP + _HEIGHT / 2, "Nothing yet", 12)
            return
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points)
        line = {"d": f"M{path}", "fill": "none", "stroke": color, "stroke-width": "2"}
        ET.SubElement(self._plot, "path", line)
        for x, y, spoken in points:
            place = {"x": f"{x - 3:.1f}", "y": f"{y - 3:.1f}", "width": "6", "height": "6"}
            dot = ET.SubElement(self._plot, "rect", place | {"fill": color, "rx": "3"})
            ET.SubElement(dot, "title").text = spoken

    def _line(self, y: float, color: str, opacity: float, dashes: str = "") -> None:
        ends = {"x1": f"{self._left:g}", "x2": f"{self._left + _WIDTH:g}"}
        look = {"stroke": color, "stroke-opacity": f"{opacity:g}"}
        line = ends | {"y1": f"{y:.1f}", "y2": f"{y:.1f}"} | look
        ET.SubElement(self._plot, "line", line | ({"stroke-dasharray": dashes} if dashes else {}))

    def _x(self, at: datetime) -> float:
        first, last = self._watched[0].at, self._watched[-1].at
        span = (last - first).total_seconds()
        share = (at - first).total_seconds() / span if span else 0.5
        return self._left + 4 + share * (_WIDTH - 8)

    def _y(self, value: float) -> float:
        return _TOP + _HEIGHT * (1 - min(max(value / self._top, 0.0), 1.0))
