"""Every request has an ID: in its answer, its log lines, its problems, and the work it brought."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import LogCapture

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
Lines = list[dict[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """All lines that API and worker write."""
    before = structlog.get_config()
    captured = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, captured])
    yield captured.entries  # type: ignore[misc]  # a line is a dict
    structlog.configure(**before)


@pytest.fixture
async def logging_service(service: Service) -> Any:
    async with running_service(service.environ | {"MINILAB_ACCESS_LOG": "true"}) as logging:
        yield logging


def requests_of(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "request"]


async def test_makes_an_id_and_answers_it(service: Service) -> None:
    answers = [await service.client.get("/healthz") for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch(r"[0-9a-f]{32}", found) for found in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Request-ID": "checkout-7/retry:2"}, "checkout-7/retry:2"),
        ({"X-Request-ID": "Root=1-67891233-abcdef012345678912345678"}, None),
        ({"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}, TRACE_ID),
        (
            {"X-Request-ID": "mine", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"},
            "mine",
        ),
    ],
)
async def test_keeps_the_id_that_a_request_comes_with(
    service: Service, headers: dict[str, str], expected: str | None
) -> None:
    answer = await service.client.get("/healthz", headers=headers)
    assert answer.headers.get_list("x-request-id") == [expected or headers["X-Request-ID"]]


@pytest.mark.parametrize(
    "sent",
    ["", "two words", "x" * 129, 'quote"', "<script>", "-dash", "caf\u00e9", "{json}"],
)
async def test_replaces_an_id_that_is_not_sane(service: Service, sent: str) -> None:
    headers = [(b"X-Request-ID", sent.encode("latin-1"))]
    answer = await service.client.get("/healthz", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "sent", ["", "00-0-0-0", f"00-{TRACE_ID}-00f067aa0ba902b7-01-more", TRACE_ID]
)
async def test_ignores_a_traceparent_that_is_none(service: Service, sent: str) -> None:
    answer = await service.client.get("/healthz", headers={"traceparent": sent})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != TRACE_ID


async def test_a_problem_names_its_request(service: Service) -> None:
    named = {"X-Request-ID": "r-42"}
    for path, status, code in [
        ("/v1/jobs/none", 404, "not_found"),
        ("/nowhere", 404, "not_found"),
        ("/v1/jobs?limit=0", 422, "invalid_value"),
    ]:
        answer = await service.client.get(path, headers=named)
        assert assert_problem(answer, status, code)["request_id"] == "r-42"
    async with httpx.AsyncClient(base_url=service.client.base_url, headers=named) as stranger:
        problem = assert_problem(await stranger.get("/v1/jobs"), 401, "unauthenticated")
        assert problem["request_id"] == "r-42"


async def test_one_line_a_request_says_what_without_secrets(
    logging_service: Service, lines: Lines
) -> None:
    key = await logging_service.make_key("client", "u1")
    lines.clear()
    headers = authorization(key) | {"X-Request-ID": "r-1"}
    secret = "/v1/jobs/a-secret-path?user_id=a-secret-query"
    answer = await logging_service.client.get(secret, headers=headers)
    (line,) = await until(lambda: requests_of(lines))
    assert line["log_level"] == "info"
    assert (line["method"], line["route"]) == ("GET", "/v1/jobs/{job_id}")
    assert (line["status"], line["problem"]) == (404, "not_found")
    assert (line["request_id"], line["bytes_in"]) == ("r-1", 0)
    assert line["bytes_out"] == len(answer.content)
    assert line["ms"] > 0
    assert len(line["key_id"]) == 36
    written = json.dumps(lines)
    assert "secret" not in written
    assert key not in written
    assert ADMIN_KEY not in written


async def test_health_checks_are_lines_only_when_debugging(
    logging_service: Service, lines: Lines
) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        await logging_service.client.get(path)
    await until(lambda: len(requests_of(lines)) >= 3)
    assert {line["log_level"] for line in requests_of(lines)} == {"debug"}


async def test_upload_is_counted_in_bytes_and_its_work_carries_its_id(
    logging_service: Service, lines: Lines
) -> None:
    service = logging_service
    headers = {"X-Request-ID": "upload-1", "Prefer": "wait=30"}
    async with service.working():
        answer = await service.client.post(
            "/v1/jobs", files=[("f", ("a.jpg", draw()))], headers=headers
        )
        assert answer.status_code == 200, answer.text
        done = await until(lambda: [line for line in lines if line["event"] == "chunk_processed"])
    (line,) = done
    assert line["request_id"] == "upload-1"
    assert line["job_id"] == answer.json()["id"]
    assert (line["chunk"], line["attempt"]) == (0, 1)
    (posted,) = [line for line in requests_of(lines) if line["route"] == "/v1/jobs"]
    assert posted["request_id"] == "upload-1"
    assert posted["bytes_in"] > len(draw())
    job = await service.stores.database["jobs"].find_one({"_id": answer.json()["id"]})
    assert job is not None
    assert job["request_id"] == "upload-1"
