"""``minilab links``: invitations for people without a key."""

import click

from cli.durations import Duration
from cli.rendering import facts, when
from cli.session import Session, answer_of, speaking
from minilab_client.api.upload_links import create_upload_link
from minilab_client.models import CreatedUploadLink, GpsPolicy, NewUploadLink


@click.group()
def links() -> None:
    """Invitations to upload, for people without a key."""


@links.command()
@click.option(
    "--expires-in", type=Duration(), required=True, help="Such as 12h or 7d; 90 days at most."
)
@click.option("--max-files", type=click.IntRange(min=1), help="Most files; else any number.")
@click.option("--max-bytes", type=click.IntRange(min=1), help="Most bytes; else any number.")
@click.option("--note", help="Shown to those who open the link.")
@click.option("--user-id", help="Whose images these will be; else a user of the link's own.")
@click.option(
    "--gps",
    type=click.Choice([policy.value for policy in GpsPolicy]),
    help="What becomes of positions.",
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
    """Make a link. Its token is shown this once. Needs an admin key."""
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
