"""Resumable uploads: tus 1.0 step by step, and every way in which a request can be wrong."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.problems import assert_problem
from tests.resumable import ROUTE, TYPE, Tus, make_old, metadata
from tests.service import Service, running_service

pytestmark = pytest.mark.one_service

CHUNK = 255 * 1024
LARGE = bytes(range(256)) * 12_000
"""3 MB: twelve chunks and a rest."""
UNKNOWN = f"{ROUTE}/019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"


async def stored_bytes(service: Service, path: str) -> bytes:
    """Read the chunks of an upload."""
    which = {"_id": path.rsplit("/", 1)[-1]}
    found = await service.stores.database["resumable_uploads"].find_one(which)
    assert found is not None
    chunks = service.stores.database["blobs.chunks"].find({"files_id": found["file_id"]})
    return b"".join([chunk["data"] async for chunk in chunks.sort("n", 1)])


async def create(service: Service, length: int, **headers: Any) -> str:
    """Create an upload, and give its path."""
    answer = await Tus(service.client).create(length, **headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def checksum(algorithm: str, content: bytes) -> str:
    """Write Upload-Checksum."""
    digest = hashlib.new(algorithm, content, usedforsecurity=False).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


async def test_options_describe_the_service_without_a_key(service: Service) -> None:
    for path in (ROUTE, UNKNOWN):
        answer = await service.client.options(path, headers={"Authorization": ""})
        assert answer.status_code == 204
        told = {name: text for name, text in answer.headers.items() if name.startswith("tus-")}
        assert told == {
            "tus-resumable": "1.0.0",
            "tus-version": "1.0.0",
            "tus-extension": "creation,creation-with-upload,checksum,expiration,termination",
            "tus-max-size": str(64 * 1024 * 1024),
            "tus-checksum-algorithm": "md5,sha1,sha256",
        }


async def test_pieces_of_any_size_add_up(service: Service) -> None:
    tus, offset = Tus(service.client), 0
    path = await create(service, len(LARGE))
    for size in (0, 1, 63, CHUNK, 2 * CHUNK + 7, CHUNK - 71, len(LARGE)):
        piece = LARGE[offset : offset + size]
        answer = await tus.patch(path, offset, piece)
        assert answer.status_code == 204, answer.text
        offset += len(piece)
        assert answer.headers["Upload-Offset"] == str(offset) == str(await tus.offset(path))
    assert await stored_bytes(service, path) == LARGE
    assert (await tus.patch(path, offset, b"")).status_code == 204


async def test_head_tells_what_was_told_at_the_creation(service: Service) -> None:
    told = metadata(filename="é.jpg", filetype="image/jpeg", note="") + ",flag"
    created = await Tus(service.client).send(
        "POST", headers={"Upload-Length": "10", "Upload-Metadata": told}
    )
    assert (created.status_code, created.content) == (201, b"")
    answer = await Tus(service.client).send("HEAD", created.headers["Location"])
    assert answer.status_code == 200
    assert answer.headers["Upload-Length"] == "10"
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Upload-Metadata"] == told
    assert answer.headers["Upload-Expires"].endswith("GMT")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Tus-Resumable"] == "1.0.0"


async def test_creation_takes_the_first_bytes_along(service: Service) -> None:
    created = await Tus(service.client).create(len(LARGE), content=LARGE[:1000])
    assert created.status_code == 201
    assert created.headers["Upload-Offset"] == "1000"
    path = created.headers["Location"]
    assert (await Tus(service.client).patch(path, 1000, LARGE[1000:])).status_code == 204
    assert await stored_bytes(service, path) == LARGE


@pytest.mark.parametrize("wrong", ["checksum", "size"])
async def test_creation_leaves_nothing_if_its_bytes_cannot_be_kept(
    service: Service, wrong: str
) -> None:
    link = await service.make_link(max_files=1)
    tus = Tus(service.client, link["token"])
    if wrong == "checksum":
        told = {"Upload-Checksum": checksum("sha1", b"other bytes")}
        answer = await tus.create(len(LARGE), content=LARGE, **told)
        assert_problem(answer, 460, "checksum_mismatch")
    else:
        answer = await tus.create(10, content=_slowly(LARGE))
        assert_problem(answer, 413, "request_too_large")
    assert await service.count("resumable_uploads") == 0
    assert await service.count("blobs.chunks") == 0
    assert (await tus.create(10)).status_code == 201


async def _slowly(content: bytes) -> AsyncIterator[bytes]:
    """Send bytes without saying how many there are."""
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def test_repeated_creation_gets_the_same_upload_and_no_second_place(
    service: Service,
) -> None:
    made = await service.make_link(max_files=1)
    tus, once = Tus(service.client, made["token"]), {"Idempotency-Key": "k1"}
    first = await tus.create(9, content=b"12345", **once)
    again = await tus.create(9, content=b"12345", **once)
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert again.headers["upload-offset"] == "5"
    assert (await service.link(made["id"]))["reserved_files"] == 1
    assert_problem(await tus.create(8, **once), 422, "idempotency_key_misused")
    assert (await tus.patch(first.headers["location"], 5, b"6789")).status_code == 204
    await tus.send("DELETE", first.headers["location"])
    anew = await tus.create(9, **once)
    assert anew.headers["location"] != first.headers["location"]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
async def test_wrong_checksum_keeps_no_byte(service: Service, algorithm: str) -> None:
    # More than is written at once: parts of it are stored before the checksum is known.
    tus, content = Tus(service.client), LARGE + LARGE
    path = await create(service, len(content))
    assert (await tus.patch(path, 0, content[:1000])).status_code == 204
    rest = content[1000:]
    wrong = {"Upload-Checksum": checksum(algorithm, rest)}
    answer = await tus.patch(path, 1000, b"x" + rest[1:], **wrong)
    assert_problem(answer, 460, "checksum_mismatch")
    assert await tus.offset(path) == 1000
    answer = await tus.patch(path, 1000, rest, **wrong)
    assert answer.status_code == 204
    assert await stored_bytes(service, path) == content


@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD", "DELETE"])
@pytest.mark.parametrize("version", [None, "0.2.2", ""])
async def test_other_versions_are_refused(
    service: Service, method: str, version: str | None
) -> None:
    path = await create(service, 10)
    answer = await Tus(service.client).send(
        method, ROUTE if method == "POST" else path, headers={"Tus-Resumable": version}
    )
    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert await Tus(service.client).offset(path) == 0


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Upload-Length": None}, None, 422, "invalid_value"),
        ({"Upload-Length": "-1"}, None, 422, "invalid_value"),
        ({"Upload-Length": "ten"}, None, 422, "invalid_value"),
        ({"Upload-Length": "9" * 30}, None, 422, "invalid_value"),
        ({"Upload-Length": str(64 * 1024 * 1024 + 1)}, None, 413, "request_too_large"),
        ({"Upload-Length": None, "Upload-Defer-Length": "1"}, None, 400, "malformed_request"),
        ({"Upload-Length": None, "Upload-Concat": "final;/a /b"}, None, 400, "malformed_request"),
        ({"Upload-Defer-Length": "1"}, None, 400, "malformed_request"),
        ({"Upload-Concat": "partial"}, None, 400, "malformed_request"),
        ({"Upload-Metadata": "filename not_base64!"}, None, 400, "malformed_request"),
        ({"Upload-Metadata": "filename YQ==,filename YQ=="}, None, 400, "malformed_request"),
        ({"Upload-Metadata": ",,"}, None, 400, "malformed_request"),
        ({"Upload-Metadata": "a " + "A" * 5000}, None, 400, "malformed_request"),
        ({"Content-Type": "image/jpeg"}, b"bytes", 415, "wrong_content_type"),
        ({"Content-Type": TYPE}, b"more than ten bytes", 413, "request_too_large"),
        ({"Upload-Checksum": "crc32 AAAA"}, None, 400, "malformed_request"),
        ({"Upload-Checksum": "sha1 ????"}, None, 400, "malformed_request"),
        ({"Upload-Checksum": "sha1 QUJD"}, None, 400, "malformed_request"),
    ],
)
async def test_creations_are_refused_with_a_reason(
    service: Service, headers: dict[str, Any], content: bytes | None, status: int, code: str
) -> None:
    told = {"Upload-Length": "10"} | headers
    answer = await Tus(service.client).send("POST", headers=told, content=content)
    assert_problem(answer, status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert await service.count("resumable_uploads") == 0


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content-Type": "application/octet-stream"}, b"a", 415, "wrong_content_type"),
        ({"Content-Type": None}, b"a", 415, "wrong_content_type"),
        ({"Upload-Offset": None}, b"a", 422, "invalid_value"),
        ({"Upload-Offset": "-1"}, b"a", 422, "invalid_value"),
        ({"Upload-Offset": "0x0"}, b"a", 422, "invalid_value"),
        ({"Upload-Offset": "1"}, b"a", 409, "upload_offset_conflict"),
        ({}, b"eleven byte", 413, "request_too_large"),
        ({"Upload-Checksum": "none"}, b"a", 400, "malformed_request"),
    ],
)
async def test_bytes_are_refused_with_a_reason(
    service: Service, headers: dict[str, Any], content: bytes, status: int, code: str
) -> None:
    path = await create(service, 10)
    answer = await Tus(service.client).patch(path, 0, content, **headers)
    assert_problem(answer, status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert await Tus(service.client).offset(path) == 0


async def test_more_bytes_than_announced_are_refused_without_a_length_too(
    service: Service,
) -> None:
    path = await create(service, 150_000)
    answer = await Tus(service.client).patch(path, 0, _slowly(LARGE))
    assert_problem(answer, 413, "request_too_large")
    offset = await Tus(service.client).offset(path)
    assert await stored_bytes(service, path) == LARGE[:offset]


async def test_deleted_upload_is_gone_with_its_bytes(service: Service) -> None:
    tus = Tus(service.client)
    path = await create(service, len(LARGE))
    await tus.patch(path, 0, LARGE)
    assert (await tus.send("DELETE", path)).status_code == 204
    for method in ("HEAD", "DELETE"):
        assert (await tus.send(method, path)).status_code == 404
    assert_problem(await tus.patch(path, 0, b""), 404, "not_found")
    assert await service.count("blobs.chunks") == 0
    (account,) = await service.stores.database["resumable_accounts"].find().to_list(None)
    assert (account["reserved_files"], account["reserved_bytes"]) == (0, 0)


async def test_upload_that_is_left_alone_expires_and_is_swept(service: Service) -> None:
    tus = Tus(service.client)
    kept, left = await create(service, 10), await create(service, len(LARGE))
    await tus.patch(left, 0, LARGE[:-1])
    assert await service.stores.resumable_expiry.expire() == 0
    await make_old(service, left)
    assert (await tus.send("HEAD", left)).status_code == 410
    assert_problem(await tus.patch(left, len(LARGE) - 1, b"x"), 410, "resumable_expired")
    assert await service.stores.resumable_expiry.expire() == 1
    assert (await tus.send("HEAD", left)).status_code == 404
    assert await service.count("blobs.chunks") == 0
    (account,) = await service.stores.database["resumable_accounts"].find().to_list(None)
    assert (account["reserved_files"], account["reserved_bytes"]) == (1, 10)
    assert await tus.offset(kept) == 0


async def test_method_can_be_overridden(service: Service) -> None:
    tus = Tus(service.client)
    path = await create(service, 4)
    told = {"Upload-Offset": "0", "Content-Type": TYPE, "X-HTTP-Method-Override": "PATCH"}
    answer = await tus.send("POST", path, headers=told, content=b"data")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "4")
    answer = await tus.send("POST", path, headers={"X-HTTP-Method-Override": "delete"})
    assert answer.status_code == 204
    answer = await tus.send("POST", path, headers={"X-HTTP-Method-Override": "PUT"})
    assert_problem(answer, 405, "method_not_allowed")


async def test_every_answer_names_the_version(service: Service) -> None:
    answers = [
        await service.client.get(f"{ROUTE}/x", headers={"Tus-Resumable": "1.0.0"}),
        await Tus(service.client, "no key").send("POST", headers={"Upload-Length": "1"}),
        await Tus(service.client).send("POST", f"{ROUTE}?x=1", headers={"Upload-Length": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [405, 401, 400]
    assert all(answer.headers["Tus-Resumable"] == "1.0.0" for answer in answers)


async def test_other_paths_know_no_tus(service: Service) -> None:
    answer = await service.client.post("/v1/uploads/tusk", headers={"Tus-Resumable": "0"})
    assert "Tus-Resumable" not in answer.headers
    assert answer.status_code == 404


async def test_tenant_has_so_many_uploads_and_so_many_bytes(service: Service) -> None:
    key = await service.make_key("client", "u1")
    tus = Tus(service.client, key)
    limits = service.settings.resumable
    accounts = service.stores.database["resumable_accounts"]
    for field, most in (
        ("reserved_files", limits.tenant_max_resumable_uploads - 1),
        ("reserved_bytes", limits.tenant_max_resumable_bytes - 10),
    ):
        empty = {"reserved_files": 0, "reserved_bytes": 0}
        await accounts.replace_one({"_id": "user:u1"}, empty | {field: most}, upsert=True)
        created = await tus.create(10)
        assert created.status_code == 201
        refused = await tus.create(1)
        assert_problem(refused, 429, "too_many_resumable_uploads")
        assert int(refused.headers["Retry-After"]) >= 30
        await tus.send("DELETE", created.headers["Location"])
        assert (await tus.create(1)).status_code == 201
    # Another user, and an admin, have their own.
    other = Tus(service.client, await service.make_key("client", "u2"))
    assert (await other.create(10)).status_code == 201
    assert (await Tus(service.client).create(10)).status_code == 201


async def test_any_key_of_the_user_goes_on_and_no_other(service: Service) -> None:
    first, second = [Tus(service.client, await service.make_key("client", "u1")) for _ in range(2)]
    path = (await first.create(8)).headers["Location"]
    assert (await first.patch(path, 0, b"half")).status_code == 204
    assert (await second.patch(path, 4, b"half")).status_code == 204
    strangers = [
        Tus(service.client),
        Tus(service.client, await service.make_key("client", "u2")),
        Tus(service.client, await service.make_key("service")),
        Tus(service.client, (await service.make_link(user_id="u1"))["token"]),
    ]
    for stranger in strangers:
        assert (await stranger.send("HEAD", path)).status_code == 404
        assert_problem(await stranger.patch(path, 8, b""), 404, "not_found")
        assert_problem(await stranger.send("DELETE", path), 404, "not_found")
    assert await second.offset(path) == 8


async def test_scope_and_role_decide(service: Service) -> None:
    body = {"role": "client", "user_id": "u1", "scopes": ["read", "delete"]}
    reading = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    uploading = (
        await service.client.post("/v1/api-keys", json=body | {"scopes": ["upload"]})
    ).json()["key"]
    path = (await Tus(service.client, uploading).create(1)).headers["Location"]
    assert await Tus(service.client, uploading).offset(path) == 0
    reader = await service.make_key("reader")
    for key, code in ((reading, "scope_missing"), (reader, "forbidden")):
        assert_problem(await Tus(service.client, key).create(1), 403, code)
        assert_problem(await Tus(service.client, key).patch(path, 0, b"x"), 403, code)
        assert_problem(await Tus(service.client, key).send("DELETE", path), 403, code)
    assert (await Tus(service.client, reading).send("HEAD", path)).status_code == 403
    assert (await Tus(service.client, uploading).send("DELETE", path)).status_code == 204


async def test_quota_refuses_an_upload_before_its_bytes(service: Service) -> None:
    body = {"role": "client", "user_id": "u1", "max_stored_bytes": 1000}
    key = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    assert_problem(await Tus(service.client, key).create(1001), 413, "quota_exceeded")
    assert (await Tus(service.client, key).create(1000)).status_code == 201


async def test_deleting_a_user_deletes_their_uploads(service: Service) -> None:
    tus = Tus(service.client, await service.make_key("client", "u1"))
    link = Tus(service.client, (await service.make_link(user_id="u1"))["token"])
    other = Tus(service.client, await service.make_key("client", "u2"))
    for one in (tus, link, other):
        path = (await one.create(len(LARGE))).headers["Location"]
        assert (await one.patch(path, 0, LARGE)).status_code == 204
    kept = await service.count("blobs.chunks") // 3
    async with service.working():
        job = (await service.client.delete("/v1/users/u1")).json()
        assert (await service.job(job["id"]))["status"] == "succeeded"
    assert await service.count("resumable_uploads") == 1
    assert await service.count("blobs.chunks") == kept
    owners = await service.stores.database["resumable_accounts"].distinct("_id")
    assert owners == ["user:u2"]


async def test_sweeper_spares_the_bytes_of_uploads(service: Service) -> None:
    path = await create(service, len(LARGE))
    assert (await Tus(service.client).patch(path, 0, LARGE[:-5])).status_code == 204
    for _ in range(3):
        assert (await service.stores.sweeper(timedelta(hours=-1)).sweep()).orphans == 0
    assert (await Tus(service.client).patch(path, len(LARGE) - 5, LARGE[-5:])).status_code == 204
    assert await stored_bytes(service, path) == LARGE


async def test_metrics_count_uploads(service: Service) -> None:
    async def read() -> dict[str, float]:
        page = (await service.client.get("/metrics")).text.splitlines()
        named = [line.rsplit(" ", 1) for line in page if line.startswith("minilab_resumable")]
        return {name: float(value) for name, value in named if "_created" not in name}

    before = await read()
    path = await create(service, 4)
    await Tus(service.client).patch(path, 0, b"data")
    await Tus(service.client).send("DELETE", await create(service, 4))
    after = await read()
    assert {name: after[name] - before.get(name, 0) for name in after} == {
        'minilab_resumable_uploads_total{event="created"}': 2,
        'minilab_resumable_uploads_total{event="finished"}': 1,
        'minilab_resumable_uploads_total{event="deleted"}': 1,
        "minilab_resumable_bytes_total": 4,
    }


@pytest.mark.parametrize("public_url", ["https://photos.example", "https://example.com/minilab/"])
async def test_location_is_below_the_public_url(environ: dict[str, str], public_url: str) -> None:
    async with running_service(environ | {"MINILAB_PUBLIC_URL": public_url}) as service:
        created = await Tus(service.client).create(1)
    assert created.headers["Location"].startswith(f"{public_url.rstrip('/')}{ROUTE}/0")
