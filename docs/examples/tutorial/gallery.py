"""A gallery that shows a picture as soon as a webhook says that it was processed.

Run it with MINILAB_API_KEY=mlk_… python gallery.py PICTURE…
"""

import html
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

from minilab_client import Minilab
from minilab_client.models import EventType, Image, ImageVariant, WebhookRequest

MAX_BYTES = 64 * 1024


class Receiver(BaseHTTPRequestHandler):
    """Puts genuine events into a queue, and answers at once."""

    secret = ""
    events: "queue.SimpleQueue[dict[str, str]]" = queue.SimpleQueue()

    def do_POST(self) -> None:
        """Take one event."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MAX_BYTES))
        try:
            event = Webhook(self.secret).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.send_response(400)
        else:
            self.events.put(event["data"])
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet about requests."""


def show(images: list[Image]) -> str:
    """Write a page whose pictures need no key: their URLs are signed, and end in an hour."""
    figures = [
        f'<img src="{html.escape(image.content_urls["thumbnail"].url)}" '
        f'alt="{html.escape(image.filename)}">'
        for image in images
        if image.content_urls
    ]
    return "<!doctype html><title>Gallery</title>" + "".join(figures)


def main(files: list[str]) -> None:
    """Upload files, wait for their events, and write gallery.html."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/hooks"
    with Minilab() as minilab:
        wanted = WebhookRequest(url=address, event_types=[EventType.JOB_FINISHED])
        webhook = minilab.webhooks.create_webhook(body=wanted)
        Receiver.secret = webhook.secret
        try:
            job = minilab.upload(*files)
            print(f"uploaded: job {job.id}, {job.status}")
            event = Receiver.events.get(timeout=120)
            print(f"webhook: job {event['job_id']}, {event['status']}")
            found = [
                minilab.images.get_image(item.image_id, content_urls=[ImageVariant.THUMBNAIL])
                for item in job.items
                if item.image_id
            ]
        finally:
            minilab.webhooks.delete_webhook(webhook.id)
    for image in found:
        boxes = [face.box for face in image.faces or []]
        print(f"{image.filename}: {image.width} × {image.height}, faces {boxes}")
    Path("gallery.html").write_text(show(found))
    print("open gallery.html")


if __name__ == "__main__":
    main(sys.argv[1:])
