"""The commands ``minilab admin keys`` and ``minilab links``: create API keys and upload links."""

import re
from typing import Any

import click

from cli.rendering import when
from cli.session import Session, answer_of, speaking
from minilab_client.api.api_keys import create_api_key
from minilab_client.api.upload_links import create_upload_link
from minilab_client.models import (
    ApiKeyRequest,
    CreatedApiKey,
    CreatedUploadLink,
    GpsPolicy,
    KeyRole,
    UploadLinkRequest,
)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(click.ParamType[int]):
    """A number and a unit, such as `7d`; without a unit, seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert to seconds."""
        found = re.fullmatch(r"(\d+)([smhdw]?)", str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 12h, 7d or 2w", param, ctx)
        return int(found[1]) * _SECONDS[found[2] or "s"]


@click.group()
def admin() -> None:
    """Administer the service. Requires an admin key."""


@admin.group()
def keys() -> None:
    """Manage API keys."""


@keys.command(name="create")
@click.option(
    "--role",
    type=click.Choice([role.value for role in KeyRole]),
    required=True,
    help="service: a back end that acts for its users; client: one user; reader: changes nothing.",
)
@click.option("--user-id", help="User of a client key, or the only user of a reader.")
@click.option("--tenant", help="Tenant of the users that the key acts for.")
@click.option(
    "--max-stored-bytes", type=click.IntRange(min=1), help="Quota of stored bytes of the key."
)
@click.option("--note", help="A remark.")
@click.option(
    "--expires-in",
    type=Duration(),
    help="Lifetime, such as 12h or 90d; by default the key never expires.",
)
@speaking
def create_key(
    session: Session,
    role: str,
    user_id: str | None,
    tenant: str | None,
    max_stored_bytes: int | None,
    note: str | None,
    expires_in: int | None,
) -> None:
    """Create an API key. It is shown once."""
    wanted = ApiKeyRequest(
        role=KeyRole(role),
        user_id=user_id,
        tenant=tenant,
        max_stored_bytes=max_stored_bytes,
        note=note,
        expires_in=expires_in,
    )
    key = answer_of(CreatedApiKey, create_api_key.sync_detailed(client=session.client, body=wanted))
    rows = [
        ("key", key.key),
        ("id", key.id),
        ("role", key.role),
        ("webhook secret", key.webhook_secret),
        ("until", when(key.expires_at)),
    ]
    session.show(key, rows)


@click.group()
def links() -> None:
    """Manage upload links for people without an API key."""


@links.command(name="create")
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
def create_link(
    session: Session,
    expires_in: int,
    max_files: int | None,
    max_bytes: int | None,
    note: str | None,
    user_id: str | None,
    gps: str | None,
) -> None:
    """Create an upload link. Its token is shown once. Requires an admin key."""
    wanted = UploadLinkRequest(
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
    rows = [
        ("for people", link.page_url),
        ("for programs", link.upload_url),
        ("link", link.id),
        ("until", when(link.expires_at)),
    ]
    session.show(link, rows)
