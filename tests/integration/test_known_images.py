"""The question which files are stored already, answered for the caller's own images alone."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization

pytestmark = pytest.mark.one_service

PICTURE, OTHER = draw(seed=1), draw(seed=2)
ABSENT = hashlib.sha256(b"nobody has this").hexdigest()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def ask(service: Service, *hashes: str, key: str = ADMIN_KEY, **more: Any) -> httpx.Response:
    body = {"sha256": list(hashes)} | more
    return await service.client.post("/v1/images/known", json=body, headers=authorization(key))


async def known(service: Service, *hashes: str, **more: Any) -> dict[str, str]:
    answer = await ask(service, *hashes, **more)
    assert answer.status_code == 200, answer.text
    return {item["sha256"]: item["image_id"] for item in answer.json()["items"]}


async def upload(service: Service, *contents: bytes, **fields: str) -> list[str]:
    answer = await service.client.post(
        "/v1/jobs", files=[("file", ("a.jpg", content)) for content in contents], data=fields
    )
    assert answer.status_code == 202, answer.text
    return [item["image_id"] for item in answer.json()["items"]]


async def test_known_files_come_in_the_order_of_the_request_with_their_newest_image(
    service: Service,
) -> None:
    await upload(service, PICTURE, PICTURE)
    other, newest = await upload(service, OTHER, PICTURE)
    answer = await ask(service, ABSENT, digest(PICTURE).upper(), digest(OTHER), digest(PICTURE))
    assert answer.json() == {
        "items": [
            {"sha256": digest(PICTURE), "image_id": newest},
            {"sha256": digest(OTHER), "image_id": other},
        ]
    }
    await service.client.delete(f"/v1/images/{other}")
    assert await known(service, digest(OTHER)) == {}


async def test_images_of_others_are_not_known(service: Service) -> None:
    await upload(service, PICTURE, user_id="u1")
    await upload(service, PICTURE, user_id="u1", tenant="acme")
    asked = digest(PICTURE)
    assert await known(service, asked) == {}
    for user_id, tenant in (("u2", None), ("u2", "acme"), ("u1", "other")):
        assert await known(service, asked, user_id=user_id, tenant=tenant) == {}
    stranger, server = await service.make_key("client", "u2"), await service.make_key("service")
    assert await known(service, asked, key=stranger) == {}
    assert await known(service, asked, key=stranger, user_id="u1") == {}
    assert await known(service, asked, key=server, user_id="u2") == {}
    assert_problem(await ask(service, asked, key=stranger, tenant="acme"), 403, "forbidden")


async def test_own_images_are_known_to_every_key_of_the_user(service: Service) -> None:
    (image_id,) = await upload(service, PICTURE, user_id="u1")
    found = {digest(PICTURE): image_id}
    asked = digest(PICTURE)
    own = await service.make_key("client", "u1")
    assert await known(service, asked, key=own) == found
    assert await known(service, asked, key=own, user_id="u1") == found
    for role in ("service", "reader"):
        key = await service.make_key(role)
        assert await known(service, asked, key=key, user_id="u1") == found
        assert_problem(await ask(service, asked, key=key), 422, "user_required")
    assert await known(service, asked, user_id="u1") == found


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sha256": []},
        {"sha256": ["abc"]},
        {"sha256": ["g" * 64]},
        {"sha256": [ABSENT] * 1001},
        {"sha256": [ABSENT], "user_id": ""},
        {"sha256": [ABSENT], "user_id": "x" * 129},
        {"sha256": [ABSENT], "other": 1},
        {"sha256": ABSENT},
    ],
)
async def test_wrong_questions_are_refused(refusing: Service, body: dict[str, Any]) -> None:
    answer = await refusing.client.post("/v1/images/known", json=body)
    assert_problem(answer, 422, "invalid_value")


async def test_link_may_not_ask(service: Service) -> None:
    link = await service.make_link()
    assert_problem(await ask(service, ABSENT, key=link["token"]), 401, "unauthenticated")


async def test_a_thousand_hashes_read_one_key_each(service: Service) -> None:
    """However many images have the bytes, of this user or of others."""
    for user_id in ("u1", "u2"):
        await upload(service, *[PICTURE] * 20, user_id=user_id)
    hashes = [digest(PICTURE), *(digest(b"%d" % number) for number in range(999))]
    assert list(await known(service, *hashes, user_id="u1")) == [digest(PICTURE)]
    database = service.stores.database
    explained = await database.command(
        "explain",
        {
            "aggregate": "images",
            "pipeline": service.stores.known_images.pipeline("u1", hashes),
            "cursor": {},
        },
        verbosity="executionStats",
    )
    stats = explained.get("executionStats") or explained["stages"][0]["$cursor"]["executionStats"]
    assert stats["totalDocsExamined"] <= 1
    assert stats["totalKeysExamined"] <= 2 * len(hashes) + 2
