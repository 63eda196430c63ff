"""A receiver of Minilab's webhooks: pip install standardwebhooks.

Run it with MINILAB_WEBHOOK_SECRET=whsec_… python receiver.py [PORT].
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 64 * 1024
webhook = Webhook(os.environ["MINILAB_WEBHOOK_SECRET"])
# Every event arrives at least once: keep these IDs where a restart does not lose them.
handled_ids: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers deliveries."""

    def do_POST(self) -> None:
        """Answer one delivery."""
        size_bytes = int(self.headers.get("Content-Length", 0))
        if size_bytes > MAX_BYTES:
            self.answer(413)
            return
        # The bytes as they arrived: JSON that was parsed and encoded again has another signature.
        body = self.rfile.read(size_bytes)
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):  # ValueError: the headers are unusable.
            self.answer(400)
            return
        message_id = self.headers["webhook-id"]
        if message_id not in handled_ids:
            print(event["type"], message_id, event["data"]["url"], flush=True)
            handled_ids.add(message_id)
        # Answer at once; put longer work into a queue first.
        self.answer(204)

    def answer(self, status: int) -> None:
        """Send an answer without a body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
