"""``python -m deploy.probe``: exits 0 if the API of this container is alive, 1 if not."""

import http.client
import os
import sys

TIMEOUT_SECONDS = 4.0


def find_problem(host: str, port: int, path: str) -> str:
    """Send one request, without proxies and redirects; return why the answer is not 200, or ""."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status == http.client.OK:
            return ""
        return f"{answer.status} {answer.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()


if __name__ == "__main__":
    port = int(os.environ.get("MINILAB_PORT") or 8000)
    sys.exit(bool(find_problem("127.0.0.1", port, "/healthz")))
