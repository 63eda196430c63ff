"""``python -m deploy.probe``: exits 0 if the API of this container is alive, 1 if not."""

import http.client
import os
import sys

TIMEOUT_SECONDS = 4.0


def answers(host: str, port: int, path: str = "/healthz") -> bool:
    """Say whether one request, without proxies and redirects, is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not answers("127.0.0.1", int(os.environ.get("MINILAB_PORT") or 8000)))
