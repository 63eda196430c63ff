"""Many connections at once: none is refused, none is reset."""

import asyncio
import resource
import sys

from api.settings import MIN_ADMIN_KEY_CHARS
from deploy.servers.ports import accepts_connections, find_free_port
from tests.service import REPOSITORY
from tests.waiting import until

FEW_FILES = 64
CONNECTIONS = 400
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


async def test_more_connections_than_the_first_limit_of_files_are_answered() -> None:
    port = find_free_port()
    few = f"import os, resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({FEW_FILES}, {_hard_limit()}))"
    api = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"{few}; os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'api'])",
        env={
            "PYTHONPATH": str(REPOSITORY),
            "MINILAB_PORT": str(port),
            "MINILAB_ADMIN_KEY": "k" * MIN_ADMIN_KEY_CHARS,
            # The API waits for no store, and for this it needs none.
            "MINILAB_MONGODB_URL": f"mongodb://127.0.0.1:{find_free_port()}",
            "MINILAB_REDIS_URL": f"redis://127.0.0.1:{find_free_port()}",
        },
    )
    try:
        await until(lambda: accepts_connections(port))
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
        for _, writer in pairs:
            writer.write(REQUEST)
        answers = await asyncio.gather(*(reader.read() for reader, _ in pairs))
        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
        for _, writer in pairs:
            writer.close()
    finally:
        api.kill()
        await api.wait()


def _hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
