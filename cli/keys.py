"""The command ``minilab admin keys``: creates API keys."""

import click

from cli.durations import Duration
from cli.rendering import facts, when
from cli.session import Session, answer_of, speaking
from minilab_client.api.api_keys import create_api_key
from minilab_client.models import CreatedApiKey, NewApiKey, Role


@click.group()
def admin() -> None:
    """Administer the service. Requires an admin key."""


@admin.group()
def keys() -> None:
    """Manage API keys."""


@keys.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="service: a back end that acts for its users; client: one user.",
)
@click.option("--user-id", help="User of a client key.")
@click.option("--note", help="A remark.")
@click.option(
    "--expires-in",
    type=Duration(),
    help="Lifetime, such as 12h or 90d; by default the key never expires.",
)
@speaking
def create(
    session: Session, role: str, user_id: str | None, note: str | None, expires_in: int | None
) -> None:
    """Create an API key. It is shown once."""
    wanted = NewApiKey(role=Role(role), user_id=user_id, note=note, expires_in=expires_in)
    key = answer_of(CreatedApiKey, create_api_key.sync_detailed(client=session.client, body=wanted))
    if session.json_wanted:
        session.print_json(key)
        return
    session.print(
        facts(
            [
                ("key", key.key),
                ("id", key.id),
                ("role", key.role),
                ("webhook secret", key.webhook_secret),
                ("until", when(key.expires_at)),
            ]
        )
    )
