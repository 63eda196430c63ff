"""Plot of a model: its confusion matrix, and the accuracy of its predictions by probability."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.learning.metrics import CalibrationBin, Metrics
from domain.plots.svg import add_text, printable, write_svg

_SIDE = 300.0
_TOP, _MATRIX_LEFT, _CALIBRATION_LEFT = 96.0, 24.0, 396.0
_HEIGHT = 470
_COLOR = "#2b8a7b"
_MOST_NAMED = 12
"""Classes whose names and numbers fit into the matrix."""


def plot_model(title: str, classes: Sequence[str], metrics: Metrics) -> str:
    """Plot a model as an SVG.

    Args:
        title: Shown above and read out by screen readers; any text.
        classes: In the order of the confusion matrix.
        metrics: Of the model.
    """
    plot = ET.Element("g")
    add_text(plot, 24, 32, printable(title), 17)
    summary = (
        f"Accuracy {metrics.accuracy:.1%}, macro F1 {metrics.macro_f1:.3f}, on {metrics.images} "
        f"images that it was not trained on; by chance {metrics.chance:.1%}"
    )
    add_text(plot, 24, 56, summary, 13)
    _draw_matrix(plot, classes, metrics.confusion)
    _draw_calibration(plot, metrics.calibration)
    return write_svg(title, f"{summary}. {_describe_errors(classes, metrics)}", plot, _HEIGHT)


def _draw_matrix(plot: ET.Element, classes: Sequence[str], confusion: list[list[int]]) -> None:
    add_text(plot, _MATRIX_LEFT, _TOP - 12, "By label (rows) and predicted (columns)", 13)
    cell = _SIDE / len(classes)
    is_named = len(classes) <= _MOST_NAMED
    for row, (label, counts) in enumerate(zip(classes, confusion, strict=True)):
        total = max(1, sum(counts))
        for column, count in enumerate(counts):
            left, top = _MATRIX_LEFT + column * cell, _TOP + row * cell
            square = _rectangle(plot, left, top, cell, cell, 0.06 + 0.94 * count / total)
            spoken = f"{label} predicted as {classes[column]}: {count}"
            ET.SubElement(square, "title").text = printable(spoken)
            if is_named and count:
                middle = (left + cell / 2, top + cell / 2 + 4)
                shown = add_text(plot, *middle, str(count), 12, "middle")
                if count > total / 2:
                    shown.set("class", "on-colour")
    if is_named:
        for number, label in enumerate(classes):
            place = f"translate({_MATRIX_LEFT + (number + 0.6) * cell:.1f} {_TOP + _SIDE + 8})"
            turned = ET.SubElement(plot, "g", {"transform": f"{place} rotate(35)"})
            add_text(turned, 0, 8, printable(label)[:14], 11)


def _draw_calibration(plot: ET.Element, bins: Sequence[CalibrationBin]) -> None:
    left, bottom = _CALIBRATION_LEFT, _TOP + _SIDE
    add_text(plot, left, _TOP - 12, "Share that is right, by probability", 13)
    diagonal = {
        "x1": f"{left:g}",
        "y1": f"{bottom:g}",
        "x2": f"{left + _SIDE:g}",
        "y2": f"{_TOP:g}",
        "stroke": "#8b95a5",
        "stroke-dasharray": "4 4",
    }
    ET.SubElement(plot, "line", diagonal)
    for one in bins:
        height = one.accuracy * _SIDE
        start = left + min(int(one.probability * 10), 9) * _SIDE / 10
        bar = _rectangle(plot, start + 2, bottom - height, _SIDE / 10 - 4, height, 0.75)
        spoken = f"{one.images} predictions of {one.probability:.0%}: {one.accuracy:.0%} right"
        ET.SubElement(bar, "title").text = spoken
    add_text(plot, left, bottom + 18, "0 %", 12)
    add_text(plot, left + _SIDE, bottom + 18, "100 %", 12, "end")


def _describe_errors(classes: Sequence[str], metrics: Metrics) -> str:
    wrong = [
        (count, classes[row], classes[column])
        for row, counts in enumerate(metrics.confusion)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    if not wrong:
        return "No image is predicted wrongly."
    count, label, predicted = max(wrong)
    return printable(f"Most often, {label} is predicted as {predicted}: {count} times.")


def _rectangle(
    parent: ET.Element, x: float, y: float, width: float, height: float, opacity: float
) -> ET.Element:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    return ET.SubElement(parent, "rect", place | {"fill": _COLOR, "fill-opacity": f"{opacity:.2f}"})
