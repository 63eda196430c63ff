"""The command ``minilab stats``: shows totals and charts."""

import click
from rich.filesize import decimal

from cli.rendering import chart, table
from cli.session import Session, answer_of, speaking
from minilab_client.api.statistics import get_statistics
from minilab_client.models import Statistics


@click.command()
@click.option(
    "--tz", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the days."
)
@speaking
def stats(session: Session, tz: str) -> None:
    """Show totals, and charts of uploads per day, cameras and failures."""
    found = answer_of(Statistics, get_statistics.sync_detailed(client=session.client, tz=tz))
    if session.json_wanted:
        session.print_json(found)
        return
    totals = table("images", "users", "faces", "bytes", "saved", "most popular")
    popular = found.most_popular_format
    totals.add_row(
        *(
            f"{number:,}"
            for number in (found.totals.images, found.totals.users, found.totals.faces)
        ),
        decimal(found.totals.bytes_),
        decimal(found.totals.bytes_saved),
        f"{popular.format_} ({popular.count:,})" if popular else "–",
    )
    days = [(f"{day.date:%a %d %b}", day.count) for day in found.uploads_per_day]
    cameras = [(camera.camera_model, camera.count) for camera in found.top_camera_models]
    failures = [(failure.code, failure.count) for failure in found.failures]
    session.print(totals, "", chart(f"Uploads per day ({found.tz})", days))
    for heading, rows in (("Cameras", cameras), ("Failures", failures)):
        if rows:
            session.print("", chart(heading, rows))
