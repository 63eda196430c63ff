"""The commands ``minilab keys``: API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Duration, Named, Size
from cli.paging import Column, show_list
from cli.rendering import day, size, when
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import ApiKey, CreatedApiKey


def _scopes(key: ApiKey | CreatedApiKey) -> str:
    return ", ".join(scope.value for scope in key.scopes)


_COLUMNS = (
    Column("key", lambda key: key.id, is_whole=True),
    Column("hint", lambda key: key.hint, is_whole=True),
    Column("role", lambda key: key.role.value),
    Column("scopes", _scopes),
    Column("tenant", lambda key: key.tenant),
    Column("user", lambda key: key.user_id),
    Column("created", lambda key: day(key.created_at)),
    Column("last used", lambda key: day(key.last_used_at)),
    Column("until", lambda key: day(key.revoked_at or key.expires_at)),
    Column("note", lambda key: f"revoked; {key.note or ''}" if key.revoked_at else key.note),
)
_key_id = click.argument("key_id", type=options.ID)


@click.group(cls=Commands)
def keys() -> None:
    """Manage API keys.

    An admin key manages all; a service key those that it has created for its users.
    """


@keys.command(
    name="create",
    epilog=examples(
        "minilab keys create --role service --tenant acme --max-stored-bytes 50GB",
        "minilab keys create --role client --user-id u1 --expires-in 90d --scope upload",
    ),
)
@click.option(
    "--role",
    type=Named("KeyRole", "admin", "service", "client", "reader"),
    required=True,
    help="service: a back end that acts for its users; client: one user; reader: changes nothing.",
)
@click.option(
    "--scope",
    "scopes",
    type=Named("KeyScope", "upload", "read", "delete"),
    multiple=True,
    help="What the key may do; may be repeated. By default all that its role may.",
)
@click.option("--user-id", metavar="USER", help="User of a client key, or only user of a reader.")
@click.option("--tenant", help="Tenant of the users that the key acts for.")
@click.option("--max-stored-bytes", type=Size(), help="Quota of stored bytes, such as 50GB.")
@click.option("--note", help="A remark.")
@click.option(
    "--expires-in",
    type=Duration(),
    help="Lifetime, such as 12h or 90d; by default the key never expires.",
)
@connected
def create(session: Session, scopes: tuple[Any, ...], **fields: Any) -> None:
    """Create an API key. It is shown once."""
    from minilab_client.models import ApiKeyRequest

    wanted = ApiKeyRequest(scopes=list(scopes) or None, **fields)
    key = session.minilab.api_keys.create_api_key(body=wanted)
    rows = [
        ("key", key.key),
        ("id", key.id),
        ("role", key.role.value),
        ("webhook secret", key.webhook_secret),
        ("until", when(key.expires_at)),
    ]
    session.show(key, rows)


@keys.command(name="list", epilog=examples("minilab keys list --all"))
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool) -> None:
    """List API keys, the latest first. Their secrets are not shown."""
    fetch = session.minilab.api_keys.iterate_api_keys
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@keys.command(epilog=examples("minilab keys show 01a22889-a26a-743a-a981-d48802fe4030"))
@_key_id
@connected
def show(session: Session, key_id: str) -> None:
    """Show an API key, and when it was last used. Its secret is not shown."""
    key = session.minilab.api_keys.get_api_key(key_id)
    rows = [
        ("id", key.id),
        ("begins with", key.hint),
        ("role", key.role.value),
        ("scopes", _scopes(key)),
        ("tenant", key.tenant),
        ("user", key.user_id),
        ("quota", size(key.max_stored_bytes)),
        ("created", when(key.created_at)),
        ("created by", key.created_by),
        ("last used", when(key.last_used_at)),
        ("until", when(key.expires_at)),
        ("revoked", when(key.revoked_at)),
        ("note", key.note),
    ]
    session.show(key, rows)


@keys.command(epilog=examples("minilab keys revoke 01a22889-a26a-743a-a981-d48802fe4030"))
@_key_id
@connected
def revoke(session: Session, key_id: str) -> None:
    """Revoke an API key. Its users keep their images."""
    session.minilab.api_keys.revoke_api_key(key_id)
    session.say(f"revoked key {key_id}", revoked=key_id)


@keys.command(epilog=examples("minilab keys rotate 01a22889-a26a-743a-a981-d48802fe4030"))
@_key_id
@click.option(
    "--overlap",
    type=Duration(),
    help="Time in which the old secret signs as well, such as 1h; a day by default.",
)
@connected
def rotate(session: Session, key_id: str, overlap: int | None) -> None:
    """Replace the secret that signs the events of a key's callback URLs.

    The key itself stays.
    """
    secret = session.minilab.api_keys.rotate_api_key_webhook_secret(
        key_id, overlap_seconds=given(overlap)
    )
    session.show(secret, [("webhook secret", secret.webhook_secret), ("key", secret.key_id)])
