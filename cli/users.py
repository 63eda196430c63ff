"""The commands ``minilab users``: deletes users, shows their histograms and similar users."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Moment, Named
from cli.paging import Column, show_list, tabulate
from cli.rendering import day
from cli.session import Session, connected, given
from cli.waiting import has_failed, print_job, show_waiting

METRIC = Named("Metric", "hellinger", "chi2", "intersection", "emd", "correlation")
_HISTOGRAM_COLUMNS = (
    Column("image", lambda found: found.image_id, is_whole=True),
    Column("uploaded", lambda found: day(found.uploaded_at)),
    Column("pixels", lambda found: f"{found.pixels:,}", is_number=True),
    Column("mean gray level", lambda found: f"{_mean(found.bins):.1f}", is_number=True),
)
_SIMILAR_COLUMNS = (
    Column("user", lambda found: found.user_id, is_whole=True),
    Column("distance", lambda found: f"{found.distance:.4f}", is_number=True),
    Column("image", lambda found: found.image_id or None, is_whole=True),
)
_user = click.argument("user_id", type=options.ID)


@click.group(cls=Commands)
def users() -> None:
    """Delete users, show their histograms, find similar users."""


@users.command(epilog=examples("minilab users delete u1", "minilab users delete u1 --yes --wait"))
@_user
@options.tenant
@click.option("--wait", is_flag=True, help="Wait for the end of the deletion.")
@options.yes
@connected
def delete(session: Session, user_id: str, tenant: str | None, wait: bool, confirmed: bool) -> None:
    """Delete a user with all jobs, images and results."""
    session.confirm(f"Delete the user {user_id} with all images?", confirmed=confirmed)
    job = session.minilab.users.delete_user(user_id, tenant=given(tenant))
    if wait:
        (job,) = show_waiting(session, [job])
    print_job(session, job)
    session.exit_if(wait and has_failed(job))


@users.command(
    epilog=examples(
        "minilab users histograms u1 --week 2026-W48", "minilab users histograms u1 --json"
    )
)
@_user
@options.tenant
@click.option(
    "--week", default="current", show_default=True, help="ISO week of the uploads, as in 2026-W48."
)
@options.tz
@options.limit
@options.everything
@connected
def histograms(
    session: Session,
    user_id: str,
    tenant: str | None,
    week: str,
    tz: str,
    limit: int,
    everything: bool,
) -> None:
    """List the gray histograms of a user's images of a week.

    With --json each has its 256 numbers.
    """
    fetch = partial(
        session.minilab.histograms.iterate_user_histograms,
        user_id,
        tenant=given(tenant),
        week=week,
        tz=tz,
    )
    show_list(session, fetch, _HISTOGRAM_COLUMNS, most=None if everything else limit)


@users.command(epilog=examples("minilab users similar u1 --metric emd -n 5"))
@_user
@options.tenant
@click.option(
    "-n", type=click.IntRange(1, 100), default=10, show_default=True, help="Most users to list."
)
@click.option("--metric", type=METRIC, help="Measure of distance.")
@click.option(
    "--since",
    type=Moment(),
    help="Compare only images that were uploaded since.",
)
@click.option(
    "--image-id",
    type=options.ID,
    metavar="IMAGE",
    help="Compare with this image of the user alone.",
)
@connected
def similar(session: Session, user_id: str, since: datetime | None, n: int, **chosen: Any) -> None:
    """List the users whose images have the most similar histograms."""
    filters = {name: given(value) for name, value in chosen.items()}
    found = session.minilab.histograms.list_similar_users(
        user_id,
        n=n,
        since=given(since),
        **filters,
    )
    if session.json_wanted:
        session.print_json(found)
        return
    session.print(tabulate(found.items, _SIMILAR_COLUMNS))


def _mean(bins: list[int]) -> float:
    return sum(level * count for level, count in enumerate(bins)) / (sum(bins) or 1)
