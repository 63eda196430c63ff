"""Upload requests as real clients write them: every file is taken, under its name.

The bodies in tests/faulty_files/upload-requests have the boundary ``B``.
"""

from pathlib import Path

import httpx
import pytest

from tests.multipart_bodies import BOUNDARY, CONTENT_TYPE, body_of, field_part, file_part, part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = pytest.mark.one_service

FOLDER = Path(__file__).parents[1] / "faulty_files" / "upload-requests"
PICTURE = draw(16, 16, kind="PNG")

NAMES_OF = {
    "filename-star-among-three": ["1.png", "写真.png", "3.png"],
    "dotnet-httpclient-name": ["写真.png"],
    "latin1-name-among-two": ["good.png", "été.png"],
    "part-content-length-wrong": ["a.png"],
    "persian-name-with-joiner": ["عکس\u200cها.png", "👩\u200d👧.png"],
}

UNUSABLE = {
    "no disposition": b"--a-boundary\r\nContent-Type: image/png\r\n\r\n" + PICTURE + b"\r\n",
    "no header": b"--a-boundary\r\n\r\n" + PICTURE + b"\r\n",
    "attachment": file_part(PICTURE).replace(b"form-data", b"attachment"),
    "a line without a colon": part(PICTURE, b'name="f"; filename="a.png"', b"nonsense"),
    "a header of 9 KB": part(PICTURE, b'name="f"; filename="' + b"a" * 9000 + b'"'),
    "100 headers": part(PICTURE, b'name="f"; filename="a.png"', *[b"X-Y: z"] * 100),
}

ODD = {
    "Content-Length of a part": part(PICTURE, b'name="f"; filename="a.png"', b"Content-Length: 3"),
    "Content-Length that is no number": part(
        PICTURE, b'name="f"; filename="a.png"', b"Content-Length: x", b"Content-Length: y"
    ),
    "folded header": part(PICTURE, b'name="f";\r\n filename="a.png"'),
    "header names in lower case": file_part(PICTURE, "a.png").replace(
        b"Content-Disposition", b"content-disposition"
    ),
    "odd header name": part(PICTURE, b'name="f"; filename="a.png"', b"X Odd@: \xff\xfe"),
    "field name that is no UTF-8": part(PICTURE, b'name="\xff\xfe"; filename="a.png"'),
    "no field name": part(PICTURE, b'filename="a.png"'),
    "no quotes": part(PICTURE, b"name=f; filename=a.png"),
}


async def _post(
    service: Service, body: bytes, content_type: str = CONTENT_TYPE, **headers: str
) -> httpx.Response:
    headers |= {"Content-Type": content_type}
    return await service.client.post("/v1/jobs", content=body, headers=headers)


def _names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 202, answer.text
    items = answer.json()["items"]
    assert [item["error"] for item in items] == [None] * len(items)
    return [item["filename"] for item in items]


@pytest.mark.parametrize(("file", "names"), NAMES_OF.items())
async def test_every_file_is_taken_under_its_name(
    service: Service, file: str, names: list[str]
) -> None:
    body = (FOLDER / f"{file}.body").read_bytes()
    assert _names(await _post(service, body, "multipart/form-data; boundary=B")) == names


def test_every_body_has_its_names() -> None:
    assert {path.stem for path in FOLDER.glob("*.body")} == NAMES_OF.keys()


async def test_odd_parts_are_taken(service: Service) -> None:
    answer = await _post(service, body_of(*ODD.values()))
    assert _names(answer) == ["a.png"] * len(ODD)


async def test_part_that_cannot_be_used_costs_one_item(service: Service) -> None:
    parts = [file_part(PICTURE, "first.png"), *UNUSABLE.values(), file_part(PICTURE, "last.png")]
    answer = await _post(service, body_of(*parts))
    assert answer.status_code == 202, answer.text
    first, *refused, last = answer.json()["items"]
    assert (first["filename"], first["error"]) == ("first.png", None)
    assert (last["filename"], last["error"]) == ("last.png", None)
    assert [item["error"]["code"] for item in refused] == ["malformed_part"] * len(UNUSABLE)
    for item in refused:
        assert item["image_id"] is None
        assert item["error"]["detail"].endswith(".")


async def test_unused_field_that_is_not_utf8_is_ignored(service: Service) -> None:
    body = body_of(file_part(PICTURE, "a.png"), field_part("comment", b"Gr\xfc\xdfe"))
    assert _names(await _post(service, body)) == ["a.png"]
    # Repeated with a key: its content is the same.
    key = {"Idempotency-Key": "comment"}
    first = await _post(service, body, **key)
    assert (await _post(service, body, **key)).json() == first.json()


async def test_no_message_shows_python(refusing: Service) -> None:
    bodies = [
        body_of(file_part(PICTURE), field_part("user_id", b"\xff\xfe")),
        body_of(field_part("file", b"\x89PNG\xff")),
        body_of(field_part("\xe9\x00", b"x" * 100_000)),
        *(body_of(unusable) for unusable in UNUSABLE.values()),
    ]
    for body in bodies:
        detail = (await _post(refusing, body)).json()["detail"]
        assert not set("\\'(){}") & set(detail), detail


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data; Boundary={BOUNDARY}",
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}",
        f"multipart/form-data;boundary={BOUNDARY};charset=utf-8",
        f"multipart/form-data ; boundary = {BOUNDARY}",
    ],
)
async def test_content_type_may_be_written_in_any_way(service: Service, content_type: str) -> None:
    assert _names(await _post(service, body_of(file_part(PICTURE, "a.png")), content_type))


async def test_boundary_of_unusual_characters_is_found(service: Service) -> None:
    for boundary in ("===============123==", "a b", "(:/?,)", "--"):
        body = body_of(file_part(PICTURE, "a.png")).replace(BOUNDARY.encode(), boundary.encode())
        answer = await _post(service, body, f'multipart/form-data; boundary="{boundary}"')
        assert _names(answer) == ["a.png"], boundary


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b"\r\n", b""), (b"A preamble.\r\n\r\n", b""), (b"", b"An epilogue.\r\n")],
)
async def test_what_surrounds_the_parts_is_ignored(
    service: Service, before: bytes, after: bytes
) -> None:
    body = before + body_of(file_part(PICTURE, "a.png")) + after
    assert _names(await _post(service, body)) == ["a.png"]
    assert _names(await _post(service, body.removesuffix(b"\r\n"))) == ["a.png"]


@pytest.mark.parametrize("media_type", ["multipart/mixed", "multipart/related", "text/plain"])
async def test_other_media_types_are_refused(refusing: Service, media_type: str) -> None:
    answer = await _post(refusing, body_of(file_part(PICTURE)), f"{media_type}; boundary=B")
    assert_problem(answer, 415, "wrong_content_type")
