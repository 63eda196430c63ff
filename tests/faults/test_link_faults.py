"""Links through crashes: not one image more than they allow, and each is counted."""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.service import authorization
from tests.waiting import until

MAX_FILES = 60


@pytest.mark.long
async def test_limit_of_a_link_holds_while_the_api_is_killed(stack: Stack) -> None:
    stack.start_worker()
    body = {"expires_in": 600, "max_files": MAX_FILES}
    made = (await stack.client.post("/v1/upload-links", json=body)).json()
    headers = authorization(made["token"])
    tickets: list[str] = []
    answers: Counter[int] = Counter()

    async def upload_until_used_up(name: str) -> None:
        count = 0
        while not answers[409]:
            count += 1
            files = [("file", file) for file in pictures(1, f"{name}-{count}")]
            try:
                answer = await stack.client.post("/v1/uploads", files=files, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.05)  # A client pauses before it tries again.
                continue
            answers[answer.status_code] += 1
            if answer.status_code == 202:
                tickets.append(answer.json()["id"])

    uploading = [asyncio.create_task(upload_until_used_up(f"link-{n}")) for n in range(8)]
    await until(lambda: len(tickets) > 10)
    stack.api.kill()
    stack.start_api()
    await asyncio.gather(*uploading)
    link = (await stack.client.get(f"/v1/upload-links/{made['id']}")).json()
    assert (link["used_files"], link["images"], link["status"]) == (MAX_FILES, MAX_FILES, "used_up")
    assert await stack.count_images(link_id=made["id"]) == MAX_FILES
    # A 503 says that a transaction of the killed process still held the link.
    assert set(answers) <= {202, 409, 503}
    await assert_promises_kept(stack, tickets)
