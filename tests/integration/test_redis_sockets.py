"""Redis through a Unix socket, with a password that URLs have to encode."""

import subprocess
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from deploy.servers.programs import find_redis_server
from tests.pictures import draw
from tests.service import running_service
from tests.waiting import until

PASSWORD = "p@ss/w:rd#%?"


async def test_service_works_through_a_unix_socket(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "r.sock"
    program = str(find_redis_server().path)
    options = {"--port": "0", "--unixsocket": str(path), "--save": "", "--requirepass": PASSWORD}
    command = [program, *(part for option in options.items() for part in option)]
    server = subprocess.Popen(  # noqa: ASYNC220 -- it starts at once
        command, cwd=tmp_path, stdout=subprocess.DEVNULL
    )

    def answers() -> bool:
        try:
            with Redis(unix_socket_path=str(path), password=PASSWORD) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    try:
        await until(answers)
        url = f"unix://:{quote(PASSWORD, safe='')}@{path}?db=0"
        async with (
            running_service(environ | {"MINILAB_REDIS_URL": url}) as service,
            service.working(),
        ):
            job = await service.process([("a.jpg", draw())])
            assert job["status"] == "succeeded"
            ready = await service.client.get("/readyz")
            assert ready.json()["parts"]["redis"]
    finally:
        server.terminate()
        server.wait()
