"""The commands ``minilab webhooks deliveries``: what was sent to a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Named
from cli.paging import Column, show_list
from cli.rendering import day, status, when
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import Delivery, DeliveryAttempt

_STATUS = Named("DeliveryStatus", "pending", "delivered", "failed", "canceled")
_COLUMNS = (
    Column("delivery", lambda delivery: delivery.id, is_whole=True),
    Column("event", lambda delivery: delivery.event_type.value),
    Column("status", lambda delivery: status(delivery.status.value)),
    Column("attempts", lambda delivery: delivery.attempt_count, is_number=True),
    Column("last answer", lambda delivery: _result(delivery.last_attempt)),
    Column("created", lambda delivery: day(delivery.created_at)),
)
_webhook_id = click.argument("webhook_id", type=options.ID)
_delivery_id = click.argument("delivery_id", type=options.ID)


@click.group(cls=Commands)
def deliveries() -> None:
    """List, show and repeat the deliveries of a webhook."""


@deliveries.command(
    name="list", epilog=examples("minilab webhooks deliveries list WEBHOOK_ID --status failed")
)
@_webhook_id
@click.option("--status", "state", type=_STATUS, help="Only deliveries with this status.")
@options.limit
@options.everything
@connected
def list_(session: Session, webhook_id: str, state: Any, limit: int, everything: bool) -> None:
    """List the deliveries of a webhook, the latest first."""
    fetch = partial(session.minilab.webhooks.iterate_deliveries, webhook_id, status=given(state))
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@deliveries.command(epilog=examples("minilab webhooks deliveries show WEBHOOK_ID DELIVERY_ID"))
@_webhook_id
@_delivery_id
@connected
def show(session: Session, webhook_id: str, delivery_id: str) -> None:
    """Show a delivery with every attempt."""
    delivery = session.minilab.webhooks.get_delivery(webhook_id, delivery_id)
    session.show(delivery, _facts_of(delivery))


@deliveries.command(epilog=examples("minilab webhooks deliveries redeliver WEBHOOK_ID DELIVERY_ID"))
@_webhook_id
@_delivery_id
@connected
def redeliver(session: Session, webhook_id: str, delivery_id: str) -> None:
    """Send a delivery again."""
    delivery = session.minilab.webhooks.redeliver(webhook_id, delivery_id)
    session.show(delivery, _facts_of(delivery))


def _result(attempt: DeliveryAttempt | None) -> str | None:
    if attempt is None:
        return None
    return attempt.error or (str(attempt.status_code) if attempt.status_code else None)


def _facts_of(delivery: Delivery) -> Iterator[tuple[str, object]]:
    yield "delivery", delivery.id
    yield "event", f"{delivery.event_type.value} {delivery.event_id}"
    yield "status", status(delivery.status.value)
    yield "created", when(delivery.created_at)
    if delivery.next_attempt_at:
        yield "next attempt", when(delivery.next_attempt_at)
    for attempt in delivery.attempts:
        took = f"{attempt.seconds:.2f} s"
        yield f"attempt {attempt.number}", f"{when(attempt.at)}  {_result(attempt)}  {took}"
