"""People who were sent a link: what they can send, until when, and what they see of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from storage.blobs.stores.chunks import MOST_FLUSH_BYTES
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import File, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))
TEXT = ("notes.txt", b"only words " * 50)
WAYS = ["bearer", "url"]


async def _send(
    service: Service, made: dict[str, Any], *files: File, way: str = "bearer", **options: Any
) -> httpx.Response:
    route, key = "/v1/uploads", made["token"]
    if way == "url":
        route, key = f"/v1/uploads/{made['token']}", "nobody"
    return await service.send(files or [PICTURE], route=route, key=key, **options)


async def _uploads(service: Service, made: dict[str, Any], query: str = "") -> Any:
    answer = await service.client.get(f"/v1/uploads{query}", headers=authorization(made["token"]))
    assert answer.status_code == 200, answer.text
    return answer.json()


class SlowUpload:
    """An upload whose second half is sent when the test says so."""

    def __init__(self, service: Service, token: str, content: bytes) -> None:
        self.half_sent = asyncio.Event()
        self.go_on = asyncio.Event()
        self._body = body_of(file_part(content))
        headers = authorization(token) | {"Content-Type": CONTENT_TYPE}
        sending = service.client.post("/v1/uploads", content=self._halves(), headers=headers)
        self.answer = asyncio.create_task(sending)

    async def _halves(self) -> AsyncIterator[bytes]:
        middle = len(self._body) // 2
        yield self._body[:middle]
        self.half_sent.set()
        await self.go_on.wait()
        yield self._body[middle:]


async def _begun_upload(service: Service, token: str, content: bytes) -> SlowUpload:
    """Begin an upload; it has come in as far as the service when this returns."""
    upload = SlowUpload(service, token, content)
    await upload.half_sent.wait()
    await until(lambda: service.count("blobs.chunks"))
    return upload


@pytest.mark.parametrize("way", WAYS)
async def test_files_are_taken_processed_and_followed_without_a_key(
    working_service: Service, way: str
) -> None:
    service = working_service
    made = await service.make_link()
    answer = await _send(service, made, PICTURE, TEXT, way=way, operations="faces")
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/uploads/jobs/{job['id']}"
    assert answer.headers["retry-after"]
    assert "user_id" not in job
    path, headers = answer.headers["location"], authorization(made["token"])
    if way == "url":
        path, headers = f"/v1/uploads/{made['token']}/jobs/{job['id']}", {"Authorization": ""}
    ended = await service.client.get(path, headers=headers | {"Prefer": "wait=30"})
    assert ended.json()["status"] == "partial"
    assert [item["status"] for item in ended.json()["items"]] == ["succeeded", "failed"]
    assert ended.json().keys() == job.keys()
    known = headers | {"If-None-Match": ended.headers["etag"]}
    assert (await service.client.get(path, headers=known)).status_code == 304


async def test_images_belong_to_the_user_of_the_link(service: Service) -> None:
    own, named = await service.make_link(), await service.make_link(user_id="u1")
    assert own["user_id"] == f"link:{own['id']}"
    for made in (own, named):
        await _send(service, made)
        listed = (await service.client.get(f"/v1/images?link_id={made['id']}")).json()["items"]
        assert [image["user_id"] for image in listed] == [made["user_id"]]
        assert [image["link_id"] for image in listed] == [made["id"]]
        assert (await service.client.get(f"/v1/images/{listed[0]['id']}")).json()["link_id"]
    key = await service.make_key("client", "u1")
    seen = (await service.client.get("/v1/images", headers=authorization(key))).json()["items"]
    assert [image["link_id"] for image in seen] == [named["id"]]
    for made, count in ((named, 1), (own, 0)):
        query = f"/v1/images?link_id={made['id']}"
        found = await service.client.get(query, headers=authorization(key))
        assert len(found.json()["items"]) == count
    other = await service.make_key("service")
    query = f"/v1/images?link_id={named['id']}"
    found = await service.client.get(query, headers=authorization(other))
    assert found.json()["items"] == []


async def test_link_says_what_it_takes_and_lists_its_own_uploads(service: Service) -> None:
    made = await service.make_link(note="Summer party", max_files=3, max_bytes=10**6)
    other = await service.make_link(user_id=made["user_id"])
    await _send(service, other)
    jobs = [(await _send(service, made)).json() for _ in range(2)]
    seen = await _uploads(service, made)
    assert (seen["note"], seen["status"], seen["max_files"]) == ("Summer party", "open", 3)
    assert (seen["used_files"], seen["left_files"]) == (2, 1)
    assert seen["used_bytes"] == 2 * len(PICTURE[1])
    assert seen["left_bytes"] == 10**6 - seen["used_bytes"]
    assert seen["expires_at"] == made["expires_at"]
    assert seen["limits"]["max_file_bytes"] == service.settings.uploads.max_file_bytes
    assert [job["id"] for job in seen["items"]] == [job["id"] for job in jobs[::-1]]
    assert "user_id" not in str(seen)
    first = await _uploads(service, made, "?limit=1")
    second = await _uploads(service, made, f"?limit=1&cursor={first['next_cursor']}")
    assert [job["id"] for job in first["items"] + second["items"]] == [
        job["id"] for job in jobs[::-1]
    ]
    assert "next_cursor" not in second


@pytest.mark.parametrize("way", WAYS)
async def test_first_files_fit_the_rest_are_items_with_an_error(service: Service, way: str) -> None:
    made = await service.make_link(max_files=2)
    files = [(f"{n}.png", draw(seed=n)) for n in range(3)]
    answer = await _send(service, made, TEXT, *files, way=way)
    assert answer.status_code == 202
    items = answer.json()["items"]
    assert [item["filename"] for item in items] == ["notes.txt", "0.png", "1.png", "2.png"]
    codes = [item["error"] and item["error"]["code"] for item in items]
    assert codes == ["unsupported_format", None, None, "link_used_up"]
    assert items[3]["operations"]["faces"]["error"]["code"] == "link_used_up"
    refused = await _send(service, made, way=way)
    problem = assert_problem(refused, 409, "link_used_up")
    assert problem["detail"] == "Left: 0 of 2 files."
    assert (await service.count("images"), await service.count("jobs")) == (2, 1)
    assert (await _uploads(service, made))["status"] == "used_up"


async def test_200_uploads_at_once_of_50_files_allowed_make_50_images(service: Service) -> None:
    made = await service.make_link(max_files=50)
    async with running_service(service.environ) as other:
        sends = [
            _send((service, other)[n % 2], made, (f"{n}.png", draw(seed=n)), way=WAYS[n % 3 == 0])
            for n in range(200)
        ]
        answers = await asyncio.gather(*sends)
    assert Counter(answer.status_code for answer in answers) == {202: 50, 409: 150}
    assert await service.count("images") == 50
    link = await service.link(made["id"])
    assert (link["used_files"], link["images"], link["status"]) == (50, 50, "used_up")
    stored = [image["size_bytes"] async for image in service.stores.database["images"].find()]
    assert link["used_bytes"] == link["bytes"] == sum(stored)


@pytest.mark.parametrize("way", WAYS)
async def test_expired_link_takes_nothing_and_its_uploads_can_still_be_followed(
    service: Service, way: str
) -> None:
    made = await service.make_link()
    job = (await _send(service, made)).json()
    await service.expire_link(made["id"])
    assert_problem(await _send(service, made, way=way), 410, "link_expired")
    headers = authorization(made["token"])
    listed = await service.client.get("/v1/uploads", headers=headers)
    assert_problem(listed, 410, "link_expired")
    followed = await service.client.get(f"/v1/uploads/jobs/{job['id']}", headers=headers)
    assert followed.json()["id"] == job["id"]
    assert (await service.link(made["id"]))["status"] == "expired"


@pytest.mark.stores("gridfs")
async def test_upload_that_began_before_the_expiry_ends(service: Service) -> None:
    made = await service.make_link()
    content = draw().ljust(3 * MOST_FLUSH_BYTES, b"\0")
    upload = await _begun_upload(service, made["token"], content)
    await service.expire_link(made["id"])
    upload.go_on.set()
    assert (await upload.answer).status_code == 202
    assert (await service.link(made["id"]))["images"] == 1


@pytest.mark.stores("gridfs")
async def test_revoke_ends_an_upload_that_is_under_way(service: Service) -> None:
    made = await service.make_link()
    upload = await _begun_upload(service, made["token"], draw().ljust(3 * MOST_FLUSH_BYTES, b"\0"))
    assert (await service.client.delete(f"/v1/upload-links/{made['id']}")).status_code == 204
    upload.go_on.set()
    assert_problem(await upload.answer, 410, "link_revoked")
    await service.stores.acceptance.drain()
    for name in ("images", "jobs", "blobs.files", "blobs.chunks"):
        assert await service.count(name) == 0


async def test_link_that_takes_nothing_says_so_before_the_body(service: Service) -> None:
    full, over, revoked = [await service.make_link(max_files=1) for _ in range(3)]
    await _send(service, full)
    await service.expire_link(over["id"])
    await service.client.delete(f"/v1/upload-links/{revoked['id']}")
    before = await service.count("blobs.chunks")
    cases = [
        (full, 409, "link_used_up"),
        (over, 410, "link_expired"),
        (revoked, 410, "link_revoked"),
    ]
    for made, status, code in cases:
        for header, route in (
            (f"Authorization: Bearer {made['token']}", "/v1/uploads"),
            ("Accept: */*", f"/v1/uploads/{made['token']}"),
        ):
            answer = await _send_head_alone(service, route, header)
            assert answer.startswith(f"HTTP/1.1 {status} ")
            assert code in answer
    assert await service.count("blobs.chunks") == before


async def _send_head_alone(service: Service, route: str, header: str) -> str:
    """Announce a body and send nothing of it; gives what is answered."""
    address = service.client.base_url
    reader, writer = await asyncio.open_connection(address.host, address.port)
    lines = [
        f"POST {route} HTTP/1.1",
        "Host: x",
        header,
        f"Content-Type: {CONTENT_TYPE}",
        "Content-Length: 6000000",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(120):
        answer = await reader.readuntil(b"}")
    writer.close()
    return answer.decode()


async def test_same_upload_again_gives_the_same_ticket_however_it_is_sent(
    service: Service,
) -> None:
    made, other = await service.make_link(max_files=2), await service.make_link()
    files = [(f"{n}.png", draw(seed=n)) for n in range(3)]
    parts = [("file", file) for file in files]
    by_bearer = authorization(made["token"]) | {"Idempotency-Key": "k1"}
    first = await service.client.post("/v1/uploads", files=parts, headers=by_bearer)
    assert first.status_code == 202
    again = await service.client.post("/v1/uploads", files=parts, headers=by_bearer)
    by_url = await service.client.post(
        f"/v1/uploads/{made['token']}", files=parts, headers={"Idempotency-Key": "k1"}
    )
    await service.expire_link(made["id"])
    later = await service.client.post("/v1/uploads", files=parts, headers=by_bearer)
    for answer in (again, by_url, later):
        assert (answer.status_code, answer.content) == (202, first.content)
        assert answer.headers["idempotent-replayed"] == "true"
    elsewhere = authorization(other["token"]) | {"Idempotency-Key": "k1"}
    fresh = await service.client.post("/v1/uploads", files=parts, headers=elsewhere)
    assert "idempotent-replayed" not in fresh.headers
    assert await service.count("images") == 5


async def test_refused_upload_gives_its_idempotency_key_back(service: Service) -> None:
    made = await service.make_link(max_bytes=100_000)
    headers = authorization(made["token"]) | {"Idempotency-Key": "k1"}
    large = {"file": ("a.png", draw().ljust(200_000, b"\0"))}
    refused = await service.client.post("/v1/uploads", files=large, headers=headers)
    assert_problem(refused, 409, "link_used_up")
    small = {"file": PICTURE}
    taken = await service.client.post("/v1/uploads", files=small, headers=headers)
    assert taken.status_code == 202


async def test_duplicates_are_told_within_the_link_alone(service: Service) -> None:
    await service.send([PICTURE], user_id="u1")
    made = await service.make_link(user_id="u1")
    other = await service.make_link(user_id="u1")
    first = (await _send(service, made)).json()["items"][0]
    assert first["duplicate_of"] is None
    second = (await _send(service, made)).json()["items"][0]
    assert second["duplicate_of"] == first["image_id"]
    assert (await _send(service, other)).json()["items"][0]["duplicate_of"] is None
    assert await service.count("blobs.files") == 1


@pytest.mark.parametrize(
    ("of_link", "of_form", "policy"),
    [
        (None, None, "keep"),
        ("strip", None, "strip"),
        (None, "strip", "strip"),
        ("strip", "keep", "keep"),
    ],
)
async def test_positions_go_by_the_upload_then_by_the_link(
    service: Service, of_link: str | None, of_form: str | None, policy: str
) -> None:
    made = await service.make_link(gps=of_link)
    fields = {"gps": of_form} if of_form else {}
    item = (await _send(service, made, **fields)).json()["items"][0]
    image = (await service.client.get(f"/v1/images/{item['image_id']}")).json()
    assert image["gps"] == policy


async def test_holder_names_no_user(service: Service) -> None:
    made = await service.make_link(user_id="u1")
    for user_id in ("u1", "u2"):
        assert_problem(await _send(service, made, user_id=user_id), 403, "forbidden")
    assert await service.count("jobs") == 0


async def test_token_that_is_none_opens_nothing(service: Service) -> None:
    for token in ("mll_" + "A" * 43, "mll_", "token", "x" * 5000, "%00", "%FF%FE"):
        answer = await service.send([PICTURE], route=f"/v1/uploads/{token}", key="nobody")
        assert_problem(answer, 404, "not_found")
    for token in ("mll_" + "A" * 43, "mll_", await service.make_key("admin")):
        answer = await service.send([PICTURE], route="/v1/uploads", key=token)
        assert_problem(answer, 401, "unauthenticated")
        listed = await service.client.get("/v1/uploads", headers=authorization(token))
        assert_problem(listed, 401, "unauthenticated")
    assert await service.count("jobs") == 0


async def test_link_has_limits_of_its_own_in_admission(environ: dict[str, str]) -> None:
    slow = {"MINILAB_TENANT_REQUESTS_PER_SECOND": "0.01", "MINILAB_TENANT_REQUESTS_BURST": "1"}
    async with running_service(environ | slow) as service:
        one, other = await service.make_link(), await service.make_link()
        assert (await _send(service, one)).status_code == 202
        assert_problem(await _send(service, one), 429, "rate_limited")
        assert (await _send(service, other)).status_code == 202
