"""The command ``minilab webhooks listen``: receives, verifies and prints webhooks."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from cli import options
from cli.errors import RefusedError
from cli.groups import examples
from cli.session import Session, connected
from cli.variables import WEBHOOK_SECRET

if TYPE_CHECKING:
    from cli.receiving import Arrival, Receiver
    from minilab_client.models import WebhookWithSecret

_TERMINATED = 143
_ALLOWED = """The service refuses to send webhooks to this machine. Start it with:
  MINILAB_WEBHOOK_ALLOW=127.0.0.0/8 MINILAB_WEBHOOK_ALLOW_HTTP=true make run
or name an https:// address that leads here with --public-url."""


@click.command(
    epilog=examples(
        "minilab webhooks listen --test",
        "minilab webhooks listen --event job.finished --public-url https://example.com/hooks",
        "minilab webhooks listen --secret-file secret --answer 503 --limit 5",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=9000,
    show_default=True,
    help="Port to listen on; 0 for a free one.",
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the secret of an existing webhook; or MINILAB_WEBHOOK_SECRET. Without a "
    "secret, a webhook is created, and deleted at the end.",
)
@click.option(
    "--event",
    "events",
    type=options.EVENT,
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
@connected
def listen(
    session: Session,
    host: str,
    port: int,
    secret_file: Path | None,
    events: tuple[Any, ...],
    public_url: str | None,
    answer: int,
    limit: int | None,
    wants_test: bool,
) -> None:
    """Receive webhooks, verify their signatures and print them, until Ctrl-C.

    For development. A service on this machine delivers to this receiver if it runs with
    MINILAB_WEBHOOK_ALLOW=127.0.0.0/8 and MINILAB_WEBHOOK_ALLOW_HTTP=true.

    Exits with 1 if --limit is reached and a signature was wrong.
    """
    from cli.receiving import Receiver

    log = _Log(session)
    try:
        receiver = Receiver(host, port, answer, log.add)
    except OSError as error:
        raise click.UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    with receiver, _ending_at_sigterm():
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
                    session.minilab.webhooks.test_webhook(webhook.id)
                _serve(receiver, log, limit)
    session.exit_if(log.refusals > 0)


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
    return os.environ.get(WEBHOOK_SECRET) if file is None else file.read_text().strip()


def _trust(receiver: Receiver, secret: str) -> None:
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    try:
        receiver.verifiers.append(Webhook(secret))
    except (EmptyWebhookSecretError, ValueError) as error:
        raise click.UsageError("the secret is none: it begins with whsec_") from error


@contextmanager
def _ending_at_sigterm() -> Iterator[None]:
    """Leave as after Ctrl-C when the process is asked to end, so that the webhook is deleted."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _made_webhook(
    session: Session, url: str, events: tuple[Any, ...]
) -> Iterator[WebhookWithSecret]:
    """Create a webhook, and delete it at the end.

    Raises:
        RefusedError: The service refuses this receiver; the message says what to set.
    """
    from minilab_client import ApiError
    from minilab_client.models import WebhookRequest

    wanted = WebhookRequest(
        url=url, event_types=list(events) or None, note="minilab webhooks listen"
    )
    try:
        webhook = session.minilab.webhooks.create_webhook(body=wanted)
    except ApiError as error:
        if error.code == "invalid_value":
            raise RefusedError(f"{error.code}: {error.detail}\n{_ALLOWED}") from error
        raise
    try:
        yield webhook
    finally:
        session.minilab.webhooks.delete_webhook(webhook.id)
