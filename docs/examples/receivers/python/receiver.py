"""A receiver of Minilab's webhooks: pip install standardwebhooks.

Run it with MINILAB_WEBHOOK_SECRET=whsec_… python receiver.py [PORT].
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 64 * 1024
webhook = Webhook(os.environ["MINILAB_WEBHOOK_SECRET"])
# Every delivery comes at least once: keep these where a restart does not lose them.
handled_ids: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers deliveries."""

    def do_POST(self) -> None:
        """Answer one delivery."""
        size_bytes = int(self.headers.get("Content-Length", 0))
        if size_bytes > MAX_BYTES:
            self.answer(413)
            return
        # The very bytes that came: JSON that was read and written again has another signature.
        body = self.rfile.read(size_bytes)
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):  # ValueError: it cannot even be read.
            self.answer(400)
            return
        message_id = self.headers["webhook-id"]
        if message_id not in handled_ids:
            print(event["type"], message_id, event["data"]["url"], flush=True)
            handled_ids.add(message_id)
        # At once; work that takes long is put into a queue of yours first.
        self.answer(204)

    def answer(self, status: int) -> None:
        """Send an answer without a body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
