"""Files that are the whole body of a request: as in a form, without the form."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = draw(16, 16, kind="PNG")
FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
OF_UPLOAD = {"id", "job_id", "uploaded_at", "filename", "duplicate_of"}
EXTENDED = "attachment; filename=\"a.png\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.png"


async def send(
    service: Service,
    content: bytes,
    *,
    path: str = "/v1/jobs",
    key: str = ADMIN_KEY,
    params: dict[str, str] | None = None,
    **headers: str,
) -> httpx.Response:
    """Send a body; headers are named with underscores."""
    sent = authorization(key) | {"Content-Type": "image/png"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.client.post(path, content=content, params=params, headers=sent)


async def images_of(service: Service, job: dict[str, Any]) -> list[dict[str, Any]]:
    """Read the images of a job, without what is of one upload."""
    found = []
    for item in job["items"]:
        image = (await service.client.get(f"/v1/images/{item['image_id']}")).json()
        found.append({name: value for name, value in image.items() if name not in OF_UPLOAD})
    return found


async def test_every_format_gives_what_the_form_gives(working_service: Service) -> None:
    service = working_service
    for seed, (kind, media_type) in enumerate(FORMATS.items()):
        content = draw(48, 32, seed=seed, kind=kind)
        disposition = f"attachment; filename=a.{kind.lower()}"
        raw = await send(
            service,
            content,
            Content_Type=media_type,
            Content_Disposition=disposition,
            Prefer="wait=30",
        )
        by_raw = await service.job(raw.json()["id"])
        by_form = await service.process([(f"a.{kind.lower()}", content)])
        assert by_raw["status"] == by_form["status"] == "succeeded", kind
        assert by_raw["items"][0]["filename"] == by_form["items"][0]["filename"]
        assert await images_of(service, by_raw) == await images_of(service, by_form), kind


async def test_media_type_is_only_a_hint(service: Service) -> None:
    for media_type in ("image/jpeg", "image/x-anything; q=1", "application/octet-stream"):
        answer = await send(service, PICTURE, Content_Type=media_type)
        assert answer.status_code == 202, answer.text
        image_id = answer.json()["items"][0]["image_id"]
        image = (await service.client.get(f"/v1/images/{image_id}")).json()
        assert image["media_type"] == "image/png"


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ("attachment; filename=a.png", "a.png"),
        ('inline; filename="my holiday.png"', "my holiday.png"),
        ("form-data; name=file; filename=a.png", "a.png"),
        (EXTENDED, "写真.png"),
        ("attachment; filename*=iso-8859-1''%E9t%E9.png", "été.png"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment", "unnamed"),
        ("attachment; filename=", "unnamed"),
        (";;;==", "unnamed"),
    ],
)
async def test_disposition_names_the_file(
    service: Service, disposition: str, filename: str
) -> None:
    answer = await send(service, PICTURE, Content_Disposition=disposition)
    assert [item["filename"] for item in answer.json()["items"]] == [filename]


async def test_name_may_be_bytes_of_utf8(service: Service) -> None:
    headers = [
        (b"Content-Type", b"image/png"),
        (b"Content-Disposition", 'attachment; filename="写真.png"'.encode()),
    ]
    answer = await service.client.post("/v1/jobs", content=PICTURE, headers=headers)
    assert answer.json()["items"][0]["filename"] == "写真.png"


async def test_file_without_a_name_is_unnamed(service: Service) -> None:
    assert (await send(service, PICTURE)).json()["items"][0]["filename"] == "unnamed"


async def test_disposition_that_is_too_long_is_refused(refusing: Service) -> None:
    answer = await send(refusing, PICTURE, Content_Disposition="a; filename=" + "b" * 9000)
    assert_problem(answer, 422, "invalid_value")


async def test_query_has_the_fields(service: Service) -> None:
    params = {"operations": "faces,metadata", "user_id": "u1", "tenant": "acme", "gps": "strip"}
    for path in ("/v1/jobs", "/v1/jobs/file"):
        job = (await send(service, PICTURE, path=path, params=params)).json()
        assert (job["user_id"], job["tenant"]) == ("u1", "acme")
        assert job["operations"] == ["metadata", "faces"]
        image = await service.stores.database["images"].find_one({"job_id": job["id"]})
        assert image is not None
        assert image["gps"] == "strip"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"operations": "magic"}, "unknown_operation"),
        ({"gps": "maybe"}, "invalid_value"),
        ({"user_id": "x" * 129}, "invalid_value"),
        ({"callback_url": "http://127.0.0.1/"}, "invalid_value"),
    ],
)
async def test_wrong_fields_are_refused(
    refusing: Service, params: dict[str, str], code: str
) -> None:
    for path in ("/v1/jobs", "/v1/jobs/file"):
        assert_problem(await send(refusing, PICTURE, path=path, params=params), 422, code)


async def test_form_takes_no_fields_from_the_query(refusing: Service) -> None:
    answer = await refusing.client.post(
        "/v1/jobs", params={"user_id": "u1"}, files=[("file", ("a.png", PICTURE))]
    )
    assert "user_id" in assert_problem(answer, 422, "invalid_value")["detail"]


async def test_keys_decide_as_for_a_form(service: Service) -> None:
    client, server = await service.make_key("client", "u1"), await service.make_key("service")
    reader = await service.make_key("reader")
    assert (await send(service, PICTURE, key=client)).json()["user_id"] == "u1"
    refused = await send(service, PICTURE, key=client, params={"user_id": "u2"})
    assert_problem(refused, 403, "forbidden")
    assert_problem(await send(service, PICTURE, key=server), 422, "user_required")
    assert_problem(await send(service, PICTURE, key=reader), 403, "forbidden")


async def test_link_takes_a_raw_file(service: Service) -> None:
    link = await service.make_link(max_files=2)
    for path in ("/v1/uploads", f"/v1/uploads/{link['token']}"):
        answer = await send(service, PICTURE, path=path, key=link["token"])
        assert answer.status_code == 202, answer.text
    assert_problem(
        await send(service, PICTURE, path="/v1/uploads", key=link["token"]), 409, "link_used_up"
    )
    assert (await service.link(link["id"]))["used_files"] == 2


async def test_faces_are_found_in_a_raw_file(working_service: Service) -> None:
    answer = await send(working_service, PICTURE, path="/process", Prefer="wait=30")
    job = await working_service.job(answer.json().get("job_id") or answer.json()["id"])
    assert job["operations"] == ["faces"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"<html></html>", "unsupported_format"),
        (b"x" * 1000, "unsupported_format"),
    ],
)
async def test_file_that_cannot_be_used_is_an_item_with_its_error(
    service: Service, content: bytes, code: str
) -> None:
    answer = await send(service, content)
    assert answer.status_code == 202
    job = answer.json()
    assert job["status"] == "failed"
    assert [item["error"]["code"] for item in job["items"]] == [code]
    assert await service.count("blobs.files") == 0


async def test_large_file_is_an_item_and_a_larger_body_is_refused(environ: dict[str, str]) -> None:
    limits = {"MINILAB_MAX_FILE_BYTES": "1000000", "MINILAB_MAX_REQUEST_BYTES": "2000000"}
    async with running_service(environ | limits) as service:
        large = draw(16, 16, kind="PNG") + bytes(1_500_000)
        answer = await send(service, large)
        assert [item["error"]["code"] for item in answer.json()["items"]] == ["file_too_large"]
        for body in (large + large, _pieces(large + large)):
            refused = await service.client.post(
                "/v1/jobs", content=body, headers={"Content-Type": "image/png"}
            )
            assert_problem(refused, 413, "request_too_large")
        assert await service.orphan_chunks() == []


async def _pieces(content: bytes) -> Any:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "video/mp4",
        "application/pdf",
        "application/x-www-form-urlencoded",
        "image",
    ],
)
async def test_other_types_are_refused_and_the_accepted_ones_listed(
    refusing: Service, content_type: str
) -> None:
    answer = await send(refusing, PICTURE, Content_Type=content_type)
    detail = assert_problem(answer, 415, "wrong_content_type")["detail"]
    for accepted in ("multipart/form-data", "image/*", "application/octet-stream"):
        assert accepted in detail


async def test_route_of_files_takes_no_form(refusing: Service) -> None:
    body = body_of(file_part(PICTURE))
    answer = await send(refusing, body, path="/v1/jobs/file", Content_Type=CONTENT_TYPE)
    assert_problem(answer, 415, "wrong_content_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
async def test_encoded_bodies_are_refused(refusing: Service, encoding: str) -> None:
    for content, content_type in (
        (PICTURE, "image/png"),
        (body_of(file_part(PICTURE)), CONTENT_TYPE),
    ):
        answer = await send(refusing, content, Content_Type=content_type, Content_Encoding=encoding)
        assert_problem(answer, 415, "wrong_content_type")


async def test_identity_is_no_encoding(service: Service) -> None:
    assert (await send(service, PICTURE, Content_Encoding="Identity")).status_code == 202


async def test_replay_gets_the_first_answer_whichever_route_it_took(service: Service) -> None:
    named = "inline; filename=a.png"
    first = await send(service, PICTURE, Idempotency_Key="k1", Content_Disposition=named)
    for path in ("/v1/jobs", "/v1/jobs/file"):
        again = await send(
            service, PICTURE, path=path, Idempotency_Key="k1", Content_Disposition=named
        )
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
    other = await send(service, draw(16, 16, seed=9, kind="PNG"), Idempotency_Key="k1")
    assert_problem(other, 422, "idempotency_key_misused")
    assert await service.count("jobs") == 1


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_cut_body_leaves_nothing(service: Service, is_chunked: bool) -> None:
    address = urlsplit(str(service.client.base_url))
    content = draw(400, 400, kind="PNG")
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(content)}"
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
        f"Content-Type: image/png\r\n{length}\r\n\r\n"
    )
    part = content[: len(content) // 2]
    body = b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else part
    before = service.admission.decisions.total()
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.encode() + body)
    await writer.drain()
    await until(lambda: service.admission.decisions.total() > before)
    writer.close()
    await writer.wait_closed()
    await until(lambda: not service.admission.slots.used)
    assert (await service.count("jobs"), await service.orphan_chunks()) == (0, [])
