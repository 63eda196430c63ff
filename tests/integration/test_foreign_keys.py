"""A walk through the whole contract with the keys of strangers: nothing of another is shown.

Every operation has its place in :data:`EXPECTED`; one that is new fails the walk until it has.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization

OWNER = "owner-7f3ac1"
FILENAME = "holiday-9b2e41.png"
PICTURE = draw(kind="PNG")

# What an operation answers to who asks with the IDs of another.
NAMED = "not found"
LIST = "nothing of it listed"
ADMIN = "for admins only"
UPLOAD = "a job of one's own"
OPEN = "the same for all"
EXPECTED = {
    "getHealth": OPEN,
    "getReadiness": OPEN,
    "getMetrics": OPEN,
    "getCapabilities": OPEN,
    "createJob": UPLOAD,
    "detectFaces": UPLOAD,
    "listJobs": LIST,
    "getJob": NAMED,
    "cancelJob": NAMED,
    "retryJob": NAMED,
    "listImages": LIST,
    "getImage": NAMED,
    "deleteImage": NAMED,
    "getImageContent": NAMED,
    "getImageHistogram": NAMED,
    "createApiKey": ADMIN,
    "listApiKeys": ADMIN,
    "revokeApiKey": ADMIN,
    "listDeadLetters": ADMIN,
    "getDeadLetter": ADMIN,
    "retryDeadLetter": ADMIN,
    "discardDeadLetter": ADMIN,
    "retryDeadLetters": ADMIN,
    "discardDeadLetters": ADMIN,
}
BODIES: dict[str, dict[str, Any]] = {
    "createApiKey": {"role": "admin"},
    "retryDeadLetters": {"filter": {}},
    "discardDeadLetters": {"filter": {}},
}
# Role and user of a key, and the user that its requests name.
STRANGERS = {
    "client": ("client", "stranger", None),
    "client naming the owner": ("client", "stranger", OWNER),
    "service": ("service", None, None),
    "service naming another": ("service", None, "stranger"),
}

Operation = dict[str, Any]


async def _operations(service: Service) -> list[tuple[str, str, Operation]]:
    paths = (await service.client.get("/openapi.json")).json()["paths"]
    return [
        (method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def _queries(operation: Operation, user_id: str | None) -> Iterator[dict[str, str]]:
    """Give every combination of what the parameters of an operation list as their values."""
    choices: dict[str, list[str | None]] = {"user_id": [user_id]}
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "query" or parameter["name"] == "user_id":
            continue
        text = parameter["schema"]
        values = [
            value for part in [text, *text.get("oneOf", [])] for value in part.get("enum", [])
        ]
        choices[parameter["name"]] = [None, *values]
    for chosen in product(*choices.values()):
        yield {name: value for name, value in zip(choices, chosen, strict=True) if value}


async def _owned(service: Service, key: str) -> dict[str, str]:
    """Upload as the owner; gives what paths may name."""
    files = [(FILENAME, PICTURE), ("broken.png", PICTURE[:100])]
    headers = authorization(key) | {"Idempotency-Key": "k1", "Prefer": "wait=30"}
    parts = [("file", file) for file in files]
    job = (await service.client.post("/v1/jobs", files=parts, headers=headers)).json()
    assert (await service.job(job["id"]))["status"] == "partial"
    image_id = job["items"][0]["image_id"]
    (kept,) = (await service.client.get("/v1/api-keys")).json()["items"]
    return {
        "job_id": job["id"],
        "image_id": image_id,
        "dead_letter_id": image_id,
        "key_id": kept["id"],
    }


async def _everything(service: Service) -> list[Any]:
    names = ("jobs", "images", "api_keys", "blobs.files", "variants.files")
    return [
        document
        for name in names
        async for document in service.stores.database[name].find().sort("_id", 1)
    ]


def _assert_tells_nothing(answer: httpx.Response, owned: dict[str, str]) -> None:
    told = answer.text + repr(answer.headers)
    for secret in (OWNER, FILENAME, *owned.values()):
        assert secret not in told, answer.url


async def _upload(
    service: Service, path: str, headers: dict[str, str], user_id: str | None
) -> httpx.Response:
    fields = {"user_id": user_id} if user_id else {}
    sent = headers | {"Idempotency-Key": "k1"}
    files = [("file", ("own.png", PICTURE))]
    return await service.client.post(path, files=files, data=fields, headers=sent)


async def test_every_operation_has_its_place_in_the_walk(service: Service) -> None:
    operations = {operation["operationId"] for _, _, operation in await _operations(service)}
    assert operations == EXPECTED.keys()


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_gets_nothing_of_another(working_service: Service, who: str) -> None:
    service, (role, own_user, named) = working_service, STRANGERS[who]
    owned = await _owned(service, await service.make_key("client", OWNER))
    headers = authorization(await service.make_key(role, own_user))
    before = await _everything(service)
    for method, template, operation in await _operations(service):
        name = operation["operationId"]
        if EXPECTED[name] == UPLOAD:
            continue
        body = BODIES.get(name)
        for query in _queries(operation, named):
            path = template.format_map(owned)
            answer = await service.client.request(
                method, path, params=query, headers=headers, json=body
            )
            _assert_tells_nothing(answer, owned)
            match EXPECTED[name]:
                case "not found":
                    assert_problem(answer, 404, "not_found")
                case "for admins only":
                    assert_problem(answer, 403, "forbidden")
                case "nothing of it listed":
                    assert answer.json() == {"items": []}
                case _:
                    assert answer.is_success
    assert await _everything(service) == before


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_who_uploads_the_same_learns_nothing(
    working_service: Service, who: str
) -> None:
    service, (role, own_user, named) = working_service, STRANGERS[who]
    owned = await _owned(service, await service.make_key("client", OWNER))
    headers = authorization(await service.make_key(role, own_user))
    for _, path, operation in await _operations(service):
        if EXPECTED[operation["operationId"]] != UPLOAD:
            continue
        answer = await _upload(service, path, headers, named)
        _assert_tells_nothing(answer, owned)
        if named == OWNER:
            assert_problem(answer, 403, "forbidden")
        elif role == "service" and named is None:
            assert_problem(answer, 422, "user_required")
        else:
            assert answer.status_code == 202
            job = await service.job(answer.json()["id"])
            assert job["user_id"] == "stranger"
            assert job["items"][0]["duplicate_of"] not in owned.values()


async def test_nobody_gets_anything_without_a_key(working_service: Service) -> None:
    service = working_service
    owned = await _owned(service, await service.make_key("client", OWNER))
    before = await _everything(service)
    for method, template, operation in await _operations(service):
        name = operation["operationId"]
        answer = await service.client.request(
            method, template.format_map(owned), headers={"Authorization": ""}, json=BODIES.get(name)
        )
        _assert_tells_nothing(answer, owned)
        if name not in {"getHealth", "getReadiness", "getMetrics"}:
            assert_problem(answer, 401, "unauthenticated")
    assert await _everything(service) == before
