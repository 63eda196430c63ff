"""The command ``minilab links``: creates upload links."""

import click

from cli.durations import Duration
from cli.rendering import facts, when
from cli.session import Session, answer_of, speaking
from minilab_client.api.upload_links import create_upload_link
from minilab_client.models import CreatedUploadLink, GpsPolicy, NewUploadLink


@click.group()
def links() -> None:
    """Manage upload links for people without an API key."""


@links.command()
@click.option(
    "--expires-in",
    type=Duration(),
    required=True,
    help="Lifetime, such as 12h or 7d; at most 90 days.",
)
@click.option(
    "--max-files", type=click.IntRange(min=1), help="Maximum number of files; unlimited by default."
)
@click.option(
    "--max-bytes", type=click.IntRange(min=1), help="Maximum total size; unlimited by default."
)
@click.option("--note", help="Message to the people who open the link.")
@click.option(
    "--user-id", help="User that the images belong to; by default a user that only this link has."
)
@click.option(
    "--gps",
    type=click.Choice([policy.value for policy in GpsPolicy]),
    help="Keep or remove GPS positions.",
)
@speaking
def create(
    session: Session,
    expires_in: int,
    max_files: int | None,
    max_bytes: int | None,
    note: str | None,
    user_id: str | None,
    gps: str | None,
) -> None:
    """Create an upload link. Its token is shown once. Requires an admin key."""
    wanted = NewUploadLink(
        expires_in=expires_in,
        max_files=max_files,
        max_bytes=max_bytes,
        note=note,
        user_id=user_id,
        gps=GpsPolicy(gps) if gps else None,
    )
    link = answer_of(
        CreatedUploadLink, create_upload_link.sync_detailed(client=session.client, body=wanted)
    )
    if session.json_wanted:
        session.print_json(link)
        return
    session.print(
        facts(
            [
                ("for people", link.page_url),
                ("for programs", link.upload_url),
                ("link", link.id),
                ("until", when(link.expires_at)),
            ]
        )
    )
