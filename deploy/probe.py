"""``python deploy/probe.py [FILE]``: exits 0 if the process of this container is alive, 1 if not.

Asks the API; with a file, looks at the time when a worker or deliverer last touched it. A health
check runs for ever, so this imports as little as it can.
"""

import os
import socket
import sys
import time

TIMEOUT_SECONDS = 4.0
ALIVE_SECONDS = 10.0
_MAX_ANSWER_BYTES = 4096


def find_problem(host: str, port: int, path: str) -> str:
    """Send one request, without proxies and redirects; return why the answer is not 200, or ""."""
    request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
    answer = b""
    try:
        with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(request)
            while len(answer) < _MAX_ANSWER_BYTES and (piece := connection.recv(4096)):
                answer += piece
    except OSError as error:
        return f"no answer ({error})"
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    version, status = [*head.split(maxsplit=2), "", ""][:2]
    if version.startswith("HTTP/") and status == "200":
        return ""
    return f"{status or 'no status'} {body[:500]}"


def is_alive(file: str) -> bool:
    """Say whether a file was touched within the last ten seconds."""
    try:
        return time.time() - os.stat(file).st_mtime < ALIVE_SECONDS  # noqa: PTH116
    except OSError:
        return False


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(not is_alive(sys.argv[1]))
    port = int(os.environ.get("MINILAB_PORT") or 8000)
    sys.exit(bool(find_problem("127.0.0.1", port, "/healthz")))
