"""The commands ``minilab webhooks``: create, change, test and delete receivers of events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Duration, Moment, Named
from cli.paging import Column, show_list
from cli.rendering import NOTHING, day, status, when
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import Webhook, WebhookWithSecret


def _events(webhook: Webhook | WebhookWithSecret) -> str:
    return ", ".join(kind.value for kind in webhook.event_types or []) or "all"


_COLUMNS = (
    Column("webhook", lambda webhook: webhook.id, is_whole=True),
    Column("status", lambda webhook: status(webhook.status.value)),
    Column("URL", lambda webhook: webhook.url),
    Column("events", _events),
    Column("created", lambda webhook: day(webhook.created_at)),
    Column("note", lambda webhook: webhook.note),
)
_webhook_id = click.argument("webhook_id", type=options.ID)
_events_option = click.option(
    "--event",
    "events",
    type=options.EVENT,
    multiple=True,
    help="Event type to receive; may be repeated. All by default.",
)


@click.group(
    cls=Commands,
    lazy={"listen": "cli.listening:listen", "deliveries": "cli.deliveries:deliveries"},
)
def webhooks() -> None:
    """Manage webhooks, see their deliveries, and receive events on this machine."""


@webhooks.command(
    epilog=examples(
        "minilab webhooks create https://example.com/hooks",
        "minilab webhooks create https://example.com/hooks --event job.finished",
    )
)
@click.argument("receiver")
@_events_option
@click.option("--note", help="A remark.")
@connected
def create(session: Session, receiver: str, events: tuple[Any, ...], note: str | None) -> None:
    """Create a webhook for the URL of a receiver. Its secret is shown once."""
    from minilab_client.models import WebhookRequest

    wanted = WebhookRequest(url=receiver, event_types=list(events) or None, note=note)
    webhook = session.minilab.webhooks.create_webhook(body=wanted)
    session.show(webhook, [("secret", webhook.secret), *_facts_of(webhook)])


@webhooks.command(name="list", epilog=examples("minilab webhooks list"))
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool) -> None:
    """List webhooks, the latest first."""
    fetch = session.minilab.webhooks.iterate_webhooks
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@webhooks.command(epilog=examples("minilab webhooks show WEBHOOK_ID"))
@_webhook_id
@connected
def show(session: Session, webhook_id: str) -> None:
    """Show a webhook, and whether it works."""
    webhook = session.minilab.webhooks.get_webhook(webhook_id)
    session.show(webhook, _facts_of(webhook))


@webhooks.command(
    epilog=examples(
        "minilab webhooks update WEBHOOK_ID --status paused",
        "minilab webhooks update WEBHOOK_ID --receiver https://example.com/new --all-events",
    )
)
@_webhook_id
@click.option("--receiver", metavar="URL", help="New URL of the receiver.")
@_events_option
@click.option("--all-events", is_flag=True, help="Receive every type of event.")
@click.option(
    "--status",
    "state",
    type=Named("WebhookStatus", "enabled", "paused"),
    help="enabled: deliver, also after it was disabled; paused: keep events for later.",
)
@click.option("--note", help="A new remark.")
@connected
def update(
    session: Session,
    webhook_id: str,
    receiver: str | None,
    events: tuple[Any, ...],
    all_events: bool,
    state: Any,
    note: str | None,
) -> None:
    """Change a webhook: pause it, resume it, send it elsewhere."""
    from minilab_client.models import WebhookChanges

    if events and all_events:
        raise click.UsageError("--event and --all-events exclude each other")
    changes = WebhookChanges()
    if receiver is not None:
        changes.url = receiver
    if events or all_events:
        changes.event_types = list(events) or None
    if state is not None:
        changes.status = state
    if note is not None:
        changes.note = note
    if not changes.to_dict():
        raise click.UsageError("name a change, such as --status paused")
    webhook = session.minilab.webhooks.update_webhook(webhook_id, body=changes)
    session.show(webhook, _facts_of(webhook))


@webhooks.command(epilog=examples("minilab webhooks delete WEBHOOK_ID --yes"))
@_webhook_id
@options.yes
@connected
def delete(session: Session, webhook_id: str, confirmed: bool) -> None:
    """Delete a webhook, with what is not delivered yet."""
    session.confirm(f"Delete the webhook {webhook_id}?", confirmed=confirmed)
    session.minilab.webhooks.delete_webhook(webhook_id)
    session.say(f"deleted webhook {webhook_id}", deleted=webhook_id)


@webhooks.command(epilog=examples("minilab webhooks test WEBHOOK_ID"))
@_webhook_id
@connected
def test(session: Session, webhook_id: str) -> None:
    """Send a test event to a webhook.

    `minilab webhooks deliveries list` shows what became of it.
    """
    delivery = session.minilab.webhooks.test_webhook(webhook_id)
    rows = [("delivery", delivery.id), ("status", status(delivery.status.value))]
    session.show(delivery, rows)


@webhooks.command(epilog=examples("minilab webhooks rotate WEBHOOK_ID --overlap 1h"))
@_webhook_id
@click.option(
    "--overlap",
    type=Duration(),
    help="Time in which the old secret signs as well, such as 1h; a day by default.",
)
@connected
def rotate(session: Session, webhook_id: str, overlap: int | None) -> None:
    """Replace the secret of a webhook. The new one is shown once."""
    webhook = session.minilab.webhooks.rotate_webhook_secret(
        webhook_id, overlap_seconds=given(overlap)
    )
    session.show(webhook, [("secret", webhook.secret), *_facts_of(webhook)])


@webhooks.command(epilog=examples("minilab webhooks redeliver WEBHOOK_ID --since 2026-11-22"))
@_webhook_id
@click.option(
    "--since",
    type=Moment(),
    required=True,
    help="Deliver what failed since.",
)
@connected
def redeliver(session: Session, webhook_id: str, since: datetime) -> None:
    """Deliver again what failed to reach a receiver."""
    from minilab_client.models import RedeliverFailed

    wanted = RedeliverFailed(since=since)
    told = session.minilab.webhooks.redeliver_failed(webhook_id, body=wanted)
    session.show(told, [("redelivered", told.redelivered)])


@webhooks.command(epilog=examples("minilab webhooks release"))
@connected
def release(session: Session) -> None:
    """Release webhooks that are held since a restore or a start with MINILAB_WEBHOOKS=paused."""
    released = session.minilab.webhooks.release_webhooks()
    session.show(released, [("held since", when(released.held_since))])


def _facts_of(webhook: Webhook | WebhookWithSecret) -> Iterator[tuple[str, object]]:
    yield "webhook", webhook.id
    yield "URL", webhook.url
    yield "status", status(webhook.status.value)
    yield "events", _events(webhook)
    yield "created", when(webhook.created_at)
    yield "note", webhook.note or NOTHING
    if webhook.disabled_reason:
        yield "disabled", webhook.disabled_reason.value
    if webhook.failing_since:
        yield "failing since", when(webhook.failing_since)
    if webhook.not_before:
        yield "next attempt", when(webhook.not_before)
