"""Files that are fetched while processes and servers die: what was accepted is never lost."""

from pathlib import Path

import pytest

from deploy.servers.embedded import EmbeddedServers
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import fragile_stack
from tests.picture_servers import PictureServer
from tests.pictures import draw
from tests.waiting import until

LOCAL = {"fetch_allow": "127.0.0.0/8", "fetch_allow_http": "true"}
# Half of it is written before the rest has come.
LARGE = draw(64, 48) + bytes(4_000_000)


@pytest.mark.long
async def test_urls_outlive_killed_workers_a_wiped_redis_and_a_restarted_mongodb(
    fragile_servers: EmbeddedServers, tmp_path: Path
) -> None:
    async with (
        PictureServer(LARGE) as server,
        fragile_stack(fragile_servers, tmp_path, **LOCAL) as stack,
    ):
        worker = stack.start_worker()
        urls = [server.url(path) for path in ("held/a", "held/b", "status/404", "ok/c")]
        answer = await stack.client.post("/v1/jobs", json={"urls": urls})
        assert answer.status_code == 202, answer.text
        ticket = answer.json()["id"]
        await until(lambda: server.asked("held") == 2)
        worker.kill()
        await stack.stores.redis.flushall()
        waiting = await stack.client.post("/v1/jobs", json={"urls": [server.url("ok/d")]})
        stack.servers.mongodb.kill()
        stack.servers.mongodb.start()
        server.go_on.set()
        stack.start_worker()
        tickets = [ticket, waiting.json()["id"]]
        await assert_promises_kept(stack, tickets)
        jobs = [await stack.job(one) for one in tickets]
        assert [item["status"] for item in jobs[0]["items"]] == [
            "succeeded",
            "succeeded",
            "failed",
            "succeeded",
        ]
        assert jobs[0]["items"][2]["error"]["code"] == "fetch_failed"
        assert [item["status"] for item in jobs[1]["items"]] == ["succeeded"]
        assert server.asked("held") >= 4
