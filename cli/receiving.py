"""A receiver of webhooks for development, which verifies signatures."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

_MAX_BODY_BYTES = 1024 * 1024
_READ_SECONDS = 10.0


class Arrival(NamedTuple):
    """A received webhook: its event, or why it was refused."""

    message_id: str
    event: dict[str, Any] | None
    refusal: str | None


class Receiver(HTTPServer):
    """Receives webhooks, one at a time, and hands on each of them after its answer.

    Attributes:
        status: HTTP status of the answer to a verified webhook.
        verifiers: The trusted secrets.

    Raises:
        OSError: The port is in use.
    """

    def __init__(
        self, host: str, port: int, status: int, arrived: Callable[[Arrival], None]
    ) -> None:
        super().__init__((host, port), _Handler)
        self.status = status
        self.arrived = arrived
        self.verifiers: list[Webhook] = []

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Arrival:
        """Verify a webhook with the trusted secrets."""
        message_id = headers.get("webhook-id", "")
        refusal = "there is no secret to verify with"
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
        """Receive a webhook."""
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

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
        """Print nothing: the command prints each webhook."""
