"""The commands ``minilab webhooks``: receive and print webhooks, release held ones."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click
from rich.text import Text
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from cli.receiving import Arrival, Receiver
from cli.rendering import when
from cli.session import Session, answer_of, speaking
from minilab_client.api.webhooks import (
    create_webhook,
    delete_webhook,
    release_webhooks,
    test_webhook,
)
from minilab_client.models import EventType, Released, WebhookRequest, WebhookWithSecret

# Every webhook receives these types, so they cannot be selected.
_ALWAYS = {EventType.WEBHOOK_TEST, EventType.WEBHOOK_DISABLED}


@click.group()
def webhooks() -> None:
    """Work with webhooks."""


@webhooks.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=9000, show_default=True)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the secret of an existing webhook; or MINILAB_WEBHOOK_SECRET. Without a "
    "secret, a webhook is created, and deleted at the end.",
)
@click.option(
    "--event",
    "events",
    type=click.Choice([kind.value for kind in EventType if kind not in _ALWAYS]),
    multiple=True,
    help="Event type of the created webhook; may be repeated.",
)
@click.option(
    "--public-url",
    help="Address of this receiver for the service; by default the address to listen on.",
)
@click.option(
    "--answer",
    type=click.IntRange(200, 599),
    default=200,
    show_default=True,
    help="HTTP status to answer with.",
)
@click.option("--limit", type=click.IntRange(min=1), help="End after this many webhooks.")
@click.option("--test", "wants_test", is_flag=True, help="Request a test event.")
@speaking
def listen(
    session: Session,
    host: str,
    port: int,
    secret_file: Path | None,
    events: tuple[str, ...],
    public_url: str | None,
    answer: int,
    limit: int | None,
    wants_test: bool,
) -> None:
    """Receive webhooks, verify their signatures and print them, until Ctrl-C.

    For development. A service on this machine delivers to this receiver if it runs with
    MINILAB_WEBHOOK_ALLOW_HTTP=true and MINILAB_WEBHOOK_ALLOW=127.0.0.0/8.

    Exits with 1 if a signature was wrong.
    """
    log = _Log(session)
    try:
        receiver = Receiver(host, port, answer, log.add)
    except OSError as error:
        raise click.UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with receiver, suppress(KeyboardInterrupt):
        url = public_url or f"http://{host}:{receiver.server_port}/"
        if secret := _given_secret(secret_file):
            _trust(receiver, secret)
            session.note(f"Listening at {url}")
            _serve(receiver, log, limit)
        else:
            with _made_webhook(session, url, events) as webhook:
                _trust(receiver, webhook.secret)
                session.note(f"Listening at {url} as webhook {webhook.id}")
                if wants_test:
                    test_webhook.sync_detailed(webhook.id, client=session.client)
                _serve(receiver, log, limit)
    session.exit_if(log.refusals > 0)


@webhooks.command()
@speaking
def release(session: Session) -> None:
    """Release webhooks that are held since a restore or a start with MINILAB_WEBHOOKS=paused."""
    released = answer_of(Released, release_webhooks.sync_detailed(client=session.client))
    session.show(released, [("held since", when(released.held_since))])


class _Log:
    """The received webhooks: how many, and how many with a wrong signature."""

    def __init__(self, session: Session) -> None:
        self.count = 0
        self.refusals = 0
        self._session = session
        self._seen: set[str] = set()

    def add(self, arrival: Arrival) -> None:
        """Count and print a webhook."""
        self.count += 1
        self.refusals += arrival.refusal is not None
        again = arrival.message_id in self._seen
        self._seen.add(arrival.message_id)
        if self._session.json_wanted:
            line = {"id": arrival.message_id, "verified": arrival.refusal is None, "again": again}
            click.echo(json.dumps(line | {"event": arrival.event, "refusal": arrival.refusal}))
            return
        if arrival.event is None:
            what = Text(f"refused: {arrival.refusal}", style="red")
        else:
            data = json.dumps(arrival.event.get("data"), ensure_ascii=False)
            what = Text.assemble((f"{arrival.event.get('type'):<20}", "green"), f" {data}")
        repeated = " (again)" if again else ""
        self._session.print(
            Text.assemble(f"{datetime.now():%H:%M:%S}  ", what, f"  {arrival.message_id}{repeated}")  # noqa: DTZ005 -- the time of this machine
        )


def _serve(receiver: Receiver, log: _Log, limit: int | None) -> None:
    while limit is None or log.count < limit:
        receiver.handle_request()


def _given_secret(file: Path | None) -> str | None:
    return os.environ.get("MINILAB_WEBHOOK_SECRET") if file is None else file.read_text().strip()


def _trust(receiver: Receiver, secret: str) -> None:
    try:
        receiver.verifiers.append(Webhook(secret))
    except (EmptyWebhookSecretError, ValueError) as error:
        raise click.UsageError("the secret is none: it begins with whsec_") from error


@contextmanager
def _made_webhook(
    session: Session, url: str, events: tuple[str, ...]
) -> Iterator[WebhookWithSecret]:
    wanted = WebhookRequest(
        url=url,
        event_types=[EventType(event) for event in events] or None,
        note="minilab webhooks listen",
    )
    webhook = answer_of(
        WebhookWithSecret, create_webhook.sync_detailed(client=session.client, body=wanted)
    )
    try:
        yield webhook
    finally:
        delete_webhook.sync_detailed(webhook.id, client=session.client)
