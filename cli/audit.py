"""The commands ``minilab audit``: who changed what."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.paging import Column, show_list
from cli.rendering import when
from cli.session import Session, connected

_ACTION = options.Named(
    "AuditAction",
    *("api_key.created", "api_key.revoked", "api_key.secret_rotated"),
    *("upload_link.created", "upload_link.revoked"),
    *("webhook.created", "webhook.updated", "webhook.deleted"),
    *("webhook.secret_rotated", "webhook.redelivered", "delivery.redelivered"),
    *("image.deleted", "user.deleted", "job.canceled", "job.retried"),
    *("dead_letter.retried", "dead_letter.discarded", "service.webhooks_released"),
    *("model.trained", "model.promoted", "batch.created", "batch.canceled"),
)
_COLUMNS = (
    Column("time", lambda entry: when(entry.at), is_whole=True),
    Column("action", lambda entry: entry.action.value, is_whole=True),
    Column("key", lambda entry: entry.actor.key_id, is_whole=True),
    Column("target", lambda entry: entry.target.id, is_whole=True),
    Column("details", lambda entry: json.dumps(entry.details.to_dict(), ensure_ascii=False)),
)


@click.group(cls=Commands)
def audit() -> None:
    """Show who created, changed and deleted what.

    Requires an admin key.
    """


@audit.command(
    name="list",
    epilog=examples(
        "minilab audit list --since 2026-11-22",
        "minilab audit list --action api_key.created --actor 01a22a0d-9bcc-7442-a9cc-02657ef3ee40",
    ),
)
@click.option("--since", type=options.Moment(), help="From this time on.")
@click.option("--until", type=options.Moment(), help="Before this time.")
@click.option("--actor", metavar="KEY", help="Done with this key.")
@click.option(
    "--action", type=_ACTION, metavar="ACTION", help="Of this kind, such as user.deleted."
)
@click.option("--target", metavar="ID", help="Done to this object.")
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool, **chosen: Any) -> None:
    """List entries of the audit trail, the latest first."""
    named = {name: value for name, value in chosen.items() if value is not None}
    fetch = partial(session.minilab.audit.iterate_audit_entries, **named)
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)
