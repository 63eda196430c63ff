"""A receiver of webhooks for development: it verifies each, and hands it on."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import (
    EmptyWebhookSecretError,
    Webhook,
    WebhookVerificationError,
)

_MAX_BODY_BYTES = 1024 * 1024
_READ_SECONDS = 10.0


class Arrival(NamedTuple):
    """What came in.

    Attributes:
        message_id: The same for each attempt to deliver an event.
        event: The event; None where it was refused.
        refusal: Why it was refused; None where its signature is right.
    """

    message_id: str
    event: dict[str, Any] | None
    refusal: str | None


class Receiver(HTTPServer):
    """Listens for webhooks, one at a time.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.
        status: What to answer a right one with, to see what becomes of other answers.
        arrived: Called with each arrival, after its answer.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        status: int,
        arrived: Callable[[Arrival], None],
    ) -> None:
        super().__init__((host, port), _Handler)
        self.status = status
        self.arrived = arrived
        self.verifiers: list[Webhook] = []

    def trust(self, secret: str) -> None:
        """Take what was signed with this secret, too.

        Raises:
            ValueError: It is none.
        """
        try:
            self.verifiers.append(Webhook(secret))
        except EmptyWebhookSecretError as error:
            raise ValueError(str(error)) from error

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Arrival:
        """Look whether a message was signed with a secret that is trusted."""
        message_id = headers.get("webhook-id", "")
        refusal = "no secret is known"
        for verifier in self.verifiers:
            try:
                return Arrival(message_id, verifier.verify(body, dict(headers)), None)
            except (WebhookVerificationError, ValueError) as error:
                refusal = str(error)
        return Arrival(message_id, None, refusal)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = _READ_SECONDS

    def do_POST(self) -> None:
        """Take a webhook."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= _MAX_BODY_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        arrival = self.server.verify(self.rfile.read(length), headers)
        self._answer(HTTPStatus.UNAUTHORIZED if arrival.refusal else self.server.status)
        self.server.arrived(arrival)

    def _answer(self, status: int) -> None:
        body = json.dumps({"received": status}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Say nothing: arrivals are told by whoever listens."""
