"""The commands ``minilab links``: upload links for people without an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Duration, Size
from cli.paging import Column, show_list
from cli.rendering import NOTHING, day, size, status, when
from cli.session import Session, connected

if TYPE_CHECKING:
    from minilab_client.models import UploadLink


def _part(used: int, most: int | None) -> str:
    return f"{used:,} of {most:,}" if most is not None else f"{used:,}"


def _sizes(link: UploadLink) -> str:
    used = size(link.used_bytes)
    return f"{used} of {size(link.max_bytes)}" if link.max_bytes is not None else used


_COLUMNS = (
    Column("link", lambda link: link.id, is_whole=True),
    Column("status", lambda link: status(link.status.value)),
    Column("files", lambda link: _part(link.used_files, link.max_files), is_number=True),
    Column("bytes", _sizes, is_number=True),
    Column("user", lambda link: link.user_id),
    Column("until", lambda link: day(link.expires_at)),
    Column("note", lambda link: link.note),
)
_link_id = click.argument("link_id", type=options.ID)


@click.group(cls=Commands, lazy={"archive": "cli.archive:link_archive"})
def links() -> None:
    """Manage upload links for people without an API key.

    Requires an admin key.
    """


@links.command(
    name="create",
    epilog=examples(
        "minilab links create --expires-in 7d",
        'minilab links create --expires-in 12h --max-files 50 --max-bytes 2GB --note "The wedding"',
    ),
)
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
    "--max-bytes", type=Size(), help="Maximum total size, such as 2GB; unlimited by default."
)
@click.option("--note", help="Message to the people who open the link.")
@click.option(
    "--user-id",
    metavar="USER",
    help="User that the images belong to; by default a user that only this link has.",
)
@click.option("--tenant", help="Tenant of that user.")
@click.option("--gps", type=options.GPS, help="Keep or remove GPS positions.")
@click.option(
    "--show-results/--hide-results",
    default=True,
    help="Whether people who upload see the results of their own photos; they do by default.",
)
@connected
def create(session: Session, **fields: Any) -> None:
    """Create an upload link. Its token is shown once."""
    from minilab_client.models import UploadLinkRequest

    wanted = UploadLinkRequest(**fields)
    link = session.minilab.upload_links.create_upload_link(body=wanted)
    rows = [
        ("for people", link.page_url),
        ("for programs", link.upload_url),
        ("link", link.id),
        ("until", when(link.expires_at)),
    ]
    session.show(link, rows)


@links.command(name="list", epilog=examples("minilab links list --all"))
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool) -> None:
    """List upload links, the latest first."""
    fetch = session.minilab.upload_links.iterate_upload_links
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@links.command(epilog=examples("minilab links show 01a22889-a26a-743a-a981-d48802fe4030"))
@_link_id
@connected
def show(session: Session, link_id: str) -> None:
    """Show an upload link, and how much of it is used."""
    link = session.minilab.upload_links.get_upload_link(link_id)
    rows = [
        ("link", link.id),
        ("status", status(link.status.value)),
        ("files", _part(link.used_files, link.max_files)),
        ("bytes", _sizes(link)),
        ("images", f"{link.images:,}, {size(link.bytes_)}"),
        ("user", link.user_id),
        ("GPS", link.gps.value if link.gps else NOTHING),
        ("results", "shown to uploaders" if link.show_results else "hidden"),
        ("created", when(link.created_at)),
        ("until", when(link.expires_at)),
        ("revoked", when(link.revoked_at)),
        ("note", link.note),
    ]
    session.show(link, rows)


@links.command(epilog=examples("minilab links revoke 01a22889-a26a-743a-a981-d48802fe4030"))
@_link_id
@connected
def revoke(session: Session, link_id: str) -> None:
    """Revoke an upload link. Its images stay."""
    session.minilab.upload_links.revoke_upload_link(link_id)
    session.say(f"revoked link {link_id}", revoked=link_id)
