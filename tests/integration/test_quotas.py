"""Quotas of stored bytes: exact at acceptance, refused early, given back by deletes and expiry."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.access.stored_bytes import StoredBytes
from storage.mongo.client import DURABLE
from storage.verification.walk import Verifier
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service

pytestmark = pytest.mark.one_service

PICTURE = draw(kind="PNG")
SIZE = len(PICTURE)
FILE = ("a.png", PICTURE)


async def _key(service: Service, **body: Any) -> str:
    answer = await service.client.post("/v1/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


async def _send(service: Service, key: str, *, files: int = 1, user_id: str = "") -> httpx.Response:
    return await service.send([FILE] * files, key=key, user_id=user_id)


async def _account(service: Service, name: str) -> int:
    document = await service.stores.database["stored_bytes"].find_one({"_id": name})
    assert document is not None
    return int(document["bytes"])


@pytest.fixture
async def limited(environ: dict[str, str]) -> AsyncIterator[Service]:
    """The service with room for three pictures of each tenant."""
    told = environ | {"MINILAB_TENANT_MAX_STORED_BYTES": str(3 * SIZE + SIZE // 2)}
    async with running_service(told) as service:
        yield service


async def test_key_has_a_quota_and_says_how_much_of_it_is_used(service: Service) -> None:
    key = await _key(service, role="client", user_id="u1", max_stored_bytes=2 * SIZE)
    for count in (1, 2):
        answer = await _send(service, key)
        assert answer.status_code == 202, answer.text
        assert answer.headers["stored-bytes"] == f"{count * SIZE};limit={2 * SIZE}"
    refused = await _send(service, key)
    problem = assert_problem(refused, 413, "quota_exceeded")
    assert str(2 * SIZE) in problem["detail"]
    assert refused.headers["stored-bytes"] == f"{2 * SIZE};limit={2 * SIZE}"
    assert await service.count("images") == 2
    (listed,) = (await service.client.get("/v1/api-keys")).json()["items"]
    assert listed["max_stored_bytes"] == 2 * SIZE


@pytest.mark.parametrize(
    ("keys", "account"),
    [
        ([{"role": "client", "user_id": "u1"}] * 2, "user:u1"),
        ([{"role": "service", "tenant": "acme"}] * 2, "tenant:acme"),
        (
            [
                {"role": "service", "tenant": "acme"},
                {"role": "client", "tenant": "acme", "user_id": "u2"},
            ],
            "tenant:acme",
        ),
    ],
)
async def test_keys_of_one_tenant_or_user_share_a_quota_exactly(
    limited: Service, keys: list[dict[str, str]], account: str
) -> None:
    made = [await _key(limited, **body) for body in keys]
    users = ["" if body["role"] == "client" else "u1" for body in keys]
    answers = await asyncio.gather(
        *(_send(limited, made[number % 2], user_id=users[number % 2]) for number in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {202: 3, 413: 17}
    assert await _account(limited, account) == 3 * SIZE
    assert await limited.count("images") == 3
    assert await limited.orphan_chunks() == []
    other = await _key(limited, role="service", tenant="globex")
    assert (await _send(limited, other, user_id="u1")).status_code == 202
    assert (await limited.send([FILE] * 5, user_id="u1")).status_code == 202


async def test_service_key_without_a_tenant_has_a_quota_of_its_own_uploads(
    limited: Service,
) -> None:
    first, second = [await _key(limited, role="service") for _ in range(2)]
    for user_id in ("u1", "u2", "u3"):
        assert (await _send(limited, first, user_id=user_id)).status_code == 202
    assert_problem(await _send(limited, first, user_id="u4"), 413, "quota_exceeded")
    assert (await _send(limited, second, user_id="u1")).status_code == 202


async def test_upload_of_several_files_is_taken_whole_or_not_at_all(limited: Service) -> None:
    key = await _key(limited, role="client", user_id="u1")
    assert_problem(await _send(limited, key, files=4), 413, "quota_exceeded")
    assert await limited.count("images") == 0
    assert (await _send(limited, key, files=3)).status_code == 202


async def test_refused_before_the_body_is_read(limited: Service) -> None:
    key = await _key(limited, role="client", user_id="u1")
    address = limited.client.base_url
    reader, writer = await asyncio.open_connection(address.host, address.port)
    lines = [
        "POST /v1/jobs HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {key}",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 100000000",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(60):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_what_was_stored_before_counts_and_deletes_give_it_back(
    working_service: Service,
) -> None:
    service = working_service
    sent = await service.process([FILE, FILE], user_id="u1", operations="metadata")
    ids = [item["image_id"] for item in sent["items"]]
    key = await _key(service, role="client", user_id="u1", max_stored_bytes=3 * SIZE)
    assert (await _send(service, key)).status_code == 202
    assert await _account(service, "user:u1") == 3 * SIZE
    assert_problem(await _send(service, key), 413, "quota_exceeded")
    assert (await service.client.delete(f"/v1/images/{ids[0]}")).is_success
    assert await _account(service, "user:u1") == 2 * SIZE
    assert (await _send(service, key)).status_code == 202
    assert_problem(await _send(service, key), 413, "quota_exceeded")
    deleted = (await service.client.delete("/v1/users/u1")).json()
    await service.job(deleted["id"])
    assert await _account(service, "user:u1") == 0
    assert (await _send(service, key, files=3)).status_code == 202


async def test_link_counts_for_its_user_and_refusal_uses_nothing_up(limited: Service) -> None:
    link = await limited.make_link(user_id="u1", max_files=10)
    for _ in range(3):
        sent = await limited.send([FILE], route="/v1/uploads", key=link["token"])
        assert sent.status_code == 202, sent.text
    refused = await limited.send([FILE], route="/v1/uploads", key=link["token"])
    assert_problem(refused, 413, "quota_exceeded")
    assert (await limited.link(link["id"]))["used_files"] == 3
    client = await _key(limited, role="client", user_id="u1")
    assert_problem(await _send(limited, client), 413, "quota_exceeded")


async def test_answer_of_an_earlier_request_is_given_again_when_the_quota_is_used_up(
    limited: Service,
) -> None:
    key = await _key(limited, role="client", user_id="u1")
    headers = authorization(key) | {"Idempotency-Key": "once"}
    parts = [("file", FILE)] * 3
    first = await limited.client.post("/v1/jobs", files=parts, headers=headers)
    again = await limited.client.post("/v1/jobs", files=parts, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()


async def test_wrong_account_is_found_and_a_young_one_mended(limited: Service) -> None:
    key = await _key(limited, role="client", user_id="u1")
    await _send(limited, key)
    database = limited.stores.database
    stored = database["stored_bytes"].with_options(write_concern=DURABLE)
    await stored.update_one({"_id": "user:u1"}, {"$set": {"bytes": 5}})
    accounts = StoredBytes(limited.stores.client, database)
    found = await _broken(limited)
    assert found == {"stored_bytes": 1}
    assert await accounts.recount_new() == 0  # It is too young.
    long_ago = {"$dateSubtract": {"startDate": "$$NOW", "unit": "hour", "amount": 1}}
    await stored.update_one({}, [{"$set": {"made_at": long_ago}}])
    assert await accounts.recount_new() == 1
    assert await _account(limited, "user:u1") == SIZE
    assert await accounts.recount_new() == 0
    assert await _broken(limited) == {}


async def _broken(service: Service) -> dict[str, int]:
    stores = service.stores
    verifier = Verifier(
        stores.client,
        stores.database,
        timedelta(hours=1),
        pause_seconds=0,
        stores=stores.blob_stores,
    )
    verification = await verifier.verify()
    return {found.name: found.wrong for found in verification.findings if found.wrong}


@pytest.mark.parametrize(
    "body",
    [
        {"role": "admin", "max_stored_bytes": 5},
        {"role": "reader", "max_stored_bytes": 5},
        {"role": "service", "max_stored_bytes": 0},
        {"role": "service", "max_stored_bytes": -1},
    ],
)
async def test_refuses_quotas_that_make_no_sense(service: Service, body: dict[str, Any]) -> None:
    answer = await service.client.post("/v1/api-keys", json=body)
    assert_problem(answer, 422, "invalid_value")
