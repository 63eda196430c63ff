"""Forms that cannot be read, or that bring nothing: the request fails, nothing is kept."""

import httpx
import pytest

from tests.multipart_bodies import BOUNDARY, CONTENT_TYPE, body_of, field_part, file_part, part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = pytest.mark.one_service

PICTURE = draw()
WHOLE = body_of(file_part(PICTURE))

UNREADABLE = {
    "no body": b"",
    "garbage": bytes(range(256)) * 40,
    "cut in a file": WHOLE[: len(WHOLE) // 2],
    "cut in a header": WHOLE[:40],
    "cut before the end": WHOLE[:-8],
    "another boundary": WHOLE.replace(BOUNDARY.encode(), b"another"),
    "a header of 9 KB": body_of(part(PICTURE, b'name="a"; filename="' + b"a" * 9000 + b'"')),
    "100 headers": body_of(part(PICTURE, b'name="a"; filename="a"', *[b"X-Y: z"] * 100)),
    "no disposition": WHOLE.replace(b"Content-Disposition", b"Content-Whatever"),
    "no form data": WHOLE.replace(b"form-data", b"attachment"),
    "no header at all": body_of(b"--a-boundary\r\n\r\n" + PICTURE + b"\r\n"),
    "a field that is not UTF-8": body_of(file_part(PICTURE), field_part("user_id", b"\xff\xfe")),
    "lines that end with LF alone": WHOLE.replace(b"\r\n", b"\n"),
    "bytes after a boundary": WHOLE.replace(b"--\r\n", b"xx\r\n"),
}


async def _post(service: Service, body: bytes, content_type: str | None) -> httpx.Response:
    headers = {"Content-Type": content_type} if content_type else {}
    return await service.client.post("/v1/jobs", content=body, headers=headers)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_rejects_broken_multipart(refusing: Service, body: bytes) -> None:
    answer = await _post(refusing, body, CONTENT_TYPE)
    assert_problem(answer, 400, "malformed_multipart")


@pytest.mark.parametrize("options", ["", "; boundary=", '; boundary=""', "; charset=utf-8"])
async def test_rejects_content_type_without_boundary(refusing: Service, options: str) -> None:
    answer = await _post(refusing, WHOLE, "multipart/form-data" + options)
    assert_problem(answer, 400, "malformed_multipart")


@pytest.mark.parametrize(
    "body",
    [
        body_of(),
        body_of(field_part("operations", b"faces")),
        body_of(field_part("files", PICTURE[:100].replace(b"\xff", b"x").replace(b"\xd8", b"x"))),
        body_of(file_part(b"", filename="")),
    ],
    ids=["empty form", "only fields", "a file without a name", "an input left empty"],
)
async def test_rejects_form_without_file(refusing: Service, body: bytes) -> None:
    body = body.decode("latin-1").encode("ascii", "replace")
    problem = assert_problem(await _post(refusing, body, CONTENT_TYPE), 400, "no_files")
    assert "-F file=@photo.jpg" in problem["detail"]  # The @ is forgotten easily.


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/pdf",
        "image",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=a-boundary",
        "multipart/form-datas; boundary=a-boundary",
        ";;;",
    ],
)
async def test_rejects_wrong_content_type(refusing: Service, content_type: str | None) -> None:
    answer = await _post(refusing, PICTURE, content_type)
    assert_problem(answer, 415, "wrong_content_type")


async def test_rejects_1001_files(refusing: Service) -> None:
    body = body_of(*[file_part(PICTURE)] * 1001)
    assert_problem(await _post(refusing, body, CONTENT_TYPE), 413, "too_many_parts")


async def test_rejects_1001_fields(refusing: Service) -> None:
    body = body_of(file_part(PICTURE), *[field_part("x", b"y")] * 1001)
    assert_problem(await _post(refusing, body, CONTENT_TYPE), 413, "too_many_parts")


async def test_rejects_field_of_1_mb(refusing: Service) -> None:
    body = body_of(file_part(PICTURE), field_part("operations", b"faces," * 200_000))
    assert_problem(await _post(refusing, body, CONTENT_TYPE), 413, "request_too_large")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("operations", "faces,nope", "unknown_operation"),
        ("operations", ",,,", "unknown_operation"),
        ("operations", "faces;metadata", "unknown_operation"),
        ("user_id", "u" * 129, "invalid_value"),
        ("user_id", "a\x00b", "invalid_value"),
        ("user_id", "a\nb", "invalid_value"),
        ("callback_url", "http://example.com/hook", "invalid_value"),
        ("callback_url", "https://169.254.169.254/hook", "invalid_value"),
        ("gps", "sometimes", "invalid_value"),
    ],
)
async def test_rejects_field_value(refusing: Service, name: str, value: str, code: str) -> None:
    body = body_of(file_part(draw(1200, 900)), field_part(name, value.encode()))
    assert_problem(await _post(refusing, body, CONTENT_TYPE), 422, code)


@pytest.mark.parametrize(
    "headers", [[b"X-A: b"] * 8, [b"X-Long: " + b"a" * 8192]], ids=["nine lines", "long line"]
)
async def test_rejects_part_with_too_many_or_too_long_headers(
    refusing: Service, headers: list[bytes]
) -> None:
    body = body_of(part(PICTURE, b'name="files"; filename="a.jpg"', *headers))
    assert_problem(await _post(refusing, body, CONTENT_TYPE), 400, "malformed_multipart")
