"""The commands ``minilab stats`` and ``minilab median``: totals, charts and the median of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options
from cli.groups import examples
from cli.rendering import NOTHING, chart, histogram_chart, size, table
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import MedianHistogram, Statistics


@click.command(epilog=examples("minilab stats --tz Europe/Vienna"))
@options.tz
@connected
def stats(session: Session, tz: str) -> None:
    """Show totals, and charts of uploads per day, cameras and failures."""
    found: Statistics = session.minilab.statistics.get_statistics(tz=tz)
    if session.json_wanted:
        session.print_json(found)
        return
    totals = table("images", "users", "faces", "bytes", "saved", "most popular")
    popular = found.most_popular_format
    numbers = (found.totals.images, found.totals.users, found.totals.faces)
    totals.add_row(
        *(f"{number:,}" for number in numbers),
        size(found.totals.bytes_),
        size(found.totals.bytes_saved),
        f"{popular.format_} ({popular.count:,})" if popular else NOTHING,
    )
    days = [(f"{day.date:%a %d %b}", day.count) for day in found.uploads_per_day]
    cameras = [(camera.camera_model, camera.count) for camera in found.top_camera_models]
    failures = [(failure.code, failure.count) for failure in found.failures]
    session.print(totals, "", chart(f"Uploads per day ({found.tz})", days))
    for heading, rows in (("Cameras", cameras), ("Failures", failures)):
        if rows:
            session.print("", chart(heading, rows))


@click.command(
    epilog=examples("minilab median", "minilab median --day 2026-11-22 --tz Europe/Vienna")
)
@options.tenant
@click.option("--day", default="today", show_default=True, help="Day of the uploads: a date.")
@options.tz
@connected
def median(session: Session, tenant: str | None, day: str, tz: str) -> None:
    """Show the median gray histogram of all images of a day.

    With --json it has its 256 numbers.
    """
    found: MedianHistogram = session.minilab.histograms.get_median_histogram(
        tenant=given(tenant), day=day, tz=tz
    )
    if session.json_wanted:
        session.print_json(found)
        return
    heading = f"Median of {found.images:,} images, {found.day} ({found.tz})"
    session.print(histogram_chart(heading, found.bins))
