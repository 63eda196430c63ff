"""The hand-written part of the Python client: pure pieces, and the packages of both clients."""

import json
import os
import re
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from minilab_client import (
    ApiError,
    AsyncMinilab,
    ConnectionFailed,
    Minilab,
    MinilabLink,
    Retries,
)
from minilab_client.event_stream import EventDecoder, ServerEvent
from minilab_client.files import joined, opened
from minilab_client.problems import error_of, read_retry_after
from minilab_client.types import File
from openapi.generate_clients import CLIENTS
from openapi.openapi_generator import DOCUMENT

STREAM = (
    b"retry: 1500\r\n\r\n: still here\n\nid: 1\nevent: job.changed\ndata: {\ndata: }\n\n"
    b"data:\xe2\x80\xa8x\r\rid: 2\r\nevent: job.finished\r\ndata: {}\r\n\r\ndata: cut"
)
EVENTS = [
    ServerEvent("job.changed", "{\n}", "1"),
    ServerEvent("message", "\u2028x", ""),
    ServerEvent("job.finished", "{}", "2"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
def test_events_are_read_from_chunks_of_any_size(size: int) -> None:
    decoder = EventDecoder()
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == EVENTS
    assert decoder.retry_seconds == 1.5


def test_retry_after_is_seconds_or_a_date() -> None:
    assert read_retry_after("7") == 7
    assert read_retry_after("soon") is read_retry_after("") is None
    later = read_retry_after(format_datetime(datetime.now(UTC) + timedelta(minutes=1)))
    assert later is not None
    assert 50 < later <= 60


def test_answer_without_a_problem_is_an_error_all_the_same() -> None:
    error = error_of(502, {"Retry-After": "3"}, b"<html>Bad gateway</html>")
    assert (error.status, error.code, error.problem) == (502, "http_502", None)
    assert (error.detail, error.retry_after) == ("<html>Bad gateway</html>", 3)
    assert error_of(599, {}, b"").detail


BUSY = ApiError(503, "unavailable", "")
LIMITED = ApiError(429, "rate_limited", "", retry_after=2)


@pytest.mark.parametrize(
    ("error", "attempt", "repeatable", "sent", "least", "most"),
    [
        (BUSY, 0, True, True, 0.25, 0.5),
        (BUSY, 3, True, True, 2, 4),
        (LIMITED, 0, False, True, 2, 2.5),
        (ApiError(409, "idempotency_key_in_use", ""), 0, True, True, 0.25, 0.5),
        (ConnectionFailed(), 0, True, True, 0.25, 0.5),
        (ConnectionFailed(), 0, False, False, 0.25, 0.5),
    ],
)
def test_pause_before_a_retry(
    error: Any, attempt: int, repeatable: bool, sent: bool, least: float, most: float
) -> None:
    pause = Retries().pause_after(error, attempt=attempt, repeatable=repeatable, sent=sent)
    assert pause is not None
    assert least <= pause <= most


@pytest.mark.parametrize(
    ("error", "attempt", "repeatable"),
    [
        (LIMITED, 5, True),
        (ApiError(429, "rate_limited", "", retry_after=3600), 0, True),
        (ApiError(404, "not_found", ""), 0, True),
        (ApiError(503, "webhooks_not_set_up", ""), 0, True),
        (BUSY, 0, False),
        (ConnectionFailed(), 0, False),
    ],
)
def test_what_is_not_sent_again(error: Any, attempt: int, repeatable: bool) -> None:
    retries = Retries()
    assert retries.pause_after(error, attempt=attempt, repeatable=repeatable, sent=True) is None


def test_file_that_cannot_be_rewound_is_read_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"picture")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, opened([("a.jpg", pipe)]) as (file,):
        assert (file.file_name, file.payload.read()) == ("a.jpg", b"picture")
        file.payload.seek(0)
        assert file.payload.read() == b"picture"


def test_files_of_every_kind_have_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"picture")
    with path.open("rb") as file:
        sources = [path, str(path), file, File(file, "a.jpg"), ("a.jpg", file)]
        contents = [b"picture", bytearray(b"picture"), memoryview(b"picture")]
        named: list[Any] = [*sources, *(("a.jpg", content) for content in contents)]
        named.append(("a.jpg", BytesIO(b"picture")))
        for source in named:
            with opened([source]) as (found,):
                found.payload.seek(0)
                assert (found.file_name, found.payload.read()) == ("a.jpg", b"picture")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (BytesIO(b"x"), "BytesIO has no name: give ('photo.jpg', content)"),
        (b"x", "bytes has no name: give ('photo.jpg', content)"),
        (["a.jpg"], "a file is a path, an open file, or a name with its content"),
        (("a.jpg", "text"), "not str"),
        (("a.jpg", b"x", "image/jpeg"), "not tuple"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_file_is_named(source: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=re.escape(reason)), opened([source]):
        pass


@pytest.mark.parametrize("client", [Minilab, MinilabLink])
def test_upload_without_files_is_not_sent(client: Any) -> None:
    with client("http://127.0.0.1:1", "key") as made, pytest.raises(ValueError, match="one file"):
        made.upload()


@pytest.mark.parametrize("client", [Minilab, MinilabLink, AsyncMinilab])
@pytest.mark.parametrize("key", ["schlüssel", "€", "mlk_secret\n", "two words"])
def test_what_is_no_key_is_refused_and_not_shown(client: Any, key: str) -> None:
    with pytest.raises(ValueError, match="one line of printable ASCII") as refused:
        client("http://127.0.0.1:1", key)
    assert key.strip() not in str(refused.value)


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_is_no_id_is_not_sent(value: str) -> None:
    with Minilab("http://127.0.0.1:1", "key", retries=Retries(limit=0)) as minilab:
        calls: list[Callable[[], object]] = [
            lambda: minilab.images.get_image(value),
            lambda: minilab.users.delete_user(value),
            lambda: minilab.read_picture(value),
            lambda: minilab.wait_for_job(value),
            lambda: list(minilab.follow_job(value)),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="such as an ID, is empty or a dot"):
                call()


def test_one_name_is_a_list_of_names() -> None:
    assert joined("beach") == joined(["beach"]) == "beach"
    assert joined(iter(["beach", "family"])) == "beach,family"


def test_packages_have_the_version_of_the_contract_and_the_licence() -> None:
    version = json.loads(DOCUMENT.read_text())["info"]["version"]
    assert f'version = "{version}"' in (CLIENTS / "python/pyproject.toml").read_text()
    described = json.loads((CLIENTS / "typescript/package.json").read_text())
    assert (described["version"], described["license"]) == (version, "Apache-2.0")
    licence = (CLIENTS.parent / "LICENSE").read_text()
    for name in ("python", "typescript"):
        assert (CLIENTS / name / "LICENSE").read_text() == licence


def test_packages_of_the_python_client_are_complete(tmp_path: Path) -> None:
    project = str(CLIENTS / "python")
    (source,) = SdistBuilder(project).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(source) as packed_source:
        names = {name.split("/", 1)[-1] for name in packed_source.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "minilab_client/__init__.py"} <= names
    (wheel,) = WheelBuilder(project).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as packed:
        modules = packed.namelist()
        (about,) = (name for name in modules if name.endswith("/METADATA"))
        metadata = packed.read(about).decode()
    for module in ("__init__", "_sync/minilab", "_async/minilab", "models/job", "api/jobs/get_job"):
        assert f"minilab_client/{module}.py" in modules
    assert "minilab_client/py.typed" in modules
    assert any(name.endswith("licenses/LICENSE") for name in modules)
    for line in ("Name: minilab-client", "License-Expression: Apache-2.0", "Requires-Dist: httpx"):
        assert line in metadata
    assert "minilab.upload(" in metadata
