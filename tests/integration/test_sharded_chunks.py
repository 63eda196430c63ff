"""Chunks that are on other shards than all else: their writes leave the transaction alone."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.servers.embedded import EmbeddedServers
from deploy.shard import NoRouter, shard_chunks
from tests.pictures import draw
from tests.service import REPOSITORY, Service, running_service
from tests.sharded_commands import LISTENER, Verdict

LARGE = b"no picture" * 200_000
"""Some chunks, and a rest."""


async def upload(service: Service, *contents: bytes) -> dict[str, Any]:
    files = [("file", (f"{number}.png", content)) for number, content in enumerate(contents)]
    answer = await service.client.post("/v1/jobs", files=files)
    assert answer.status_code == 202
    job: dict[str, Any] = answer.json()
    return job


@pytest.fixture
async def sharded(environ: dict[str, str]) -> AsyncIterator[Service]:
    async with running_service(environ | {"MINILAB_CHUNKS_SHARDED": "true"}) as running:
        yield running


async def test_no_chunk_is_written_in_a_transaction(sharded: Service) -> None:
    LISTENER.take()
    await upload(sharded, draw(), draw() + LARGE)
    writes = {one for one in LISTENER.take() if one.command == "insert"}
    assert {(one.collection, one.in_transaction) for one in writes} == {("blobs.chunks", False)}
    assert {one.verdict for one in writes} == {Verdict.TARGETED}


async def test_chunks_share_the_transaction_of_a_set(service: Service) -> None:
    LISTENER.take()
    await upload(service, draw())
    assert any(one.command == "insert" and one.in_transaction for one in LISTENER.take())


async def test_bytes_are_whole_and_removed_with_their_image(sharded: Service) -> None:
    content = draw() + LARGE
    job = await upload(sharded, content)
    image_id = job["items"][0]["image_id"]
    answer = await sharded.client.get(f"/v1/images/{image_id}/content")
    assert answer.content == content
    assert (await sharded.client.delete(f"/v1/images/{image_id}")).is_success
    assert await sharded.stores.database["blobs.chunks"].estimated_document_count() == 0


def test_script_refuses_what_is_no_router(servers: EmbeddedServers) -> None:
    with pytest.raises(NoRouter, match="Nothing was changed"):
        shard_chunks(servers.mongodb_url, "minilab_never_made")
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.shard"],
        env=os.environ
        | {
            "PYTHONPATH": str(REPOSITORY),
            "MINILAB_MONGODB_URL": servers.mongodb_url,
            "MINILAB_REDIS_URL": servers.redis_url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("minilab shard: MINILAB_MONGODB_URL leads to no router")
