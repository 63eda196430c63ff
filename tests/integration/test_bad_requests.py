"""Requests that name, ask or show what they should not: each a problem document."""

import httpx
import pytest

from tests.problems import assert_problem
from tests.service import Service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
ODD_IDS = [UNKNOWN, UNKNOWN.upper(), "x", "0", "%00", "%ff", "..%2F..", "ü", "$ne", "x" * 64]
PATHS = [
    ("GET", "/v1/jobs/{}"),
    ("GET", "/v1/images/{}"),
    ("GET", "/v1/images/{}/content"),
    ("GET", "/v1/images/{}/content?variant=thumbnail"),
    ("GET", "/v1/images/{}/histogram"),
    ("DELETE", "/v1/images/{}"),
    ("DELETE", "/v1/api-keys/{}"),
]


def assert_not_found(answer: httpx.Response) -> None:
    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_answers_404_for_unknown_id(refusing: Service, method: str, path: str) -> None:
    for odd in ODD_IDS:
        assert_not_found(await refusing.client.request(method, path.format(odd)))


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_rejects_id_of_10_kb(refusing: Service, method: str, path: str) -> None:
    answer = await refusing.client.request(method, path.format("x" * 10_240))
    assert_problem(answer, 422, "invalid_value")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer mlk_wrong",
        "Basic YWRtaW46YWRtaW4=",
        "an-admin-key-of-forty-characters-or-more",
        "Bearer an-admin-key-of-forty-characters-or-mor",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 10_240,
    ],
)
async def test_rejects_missing_or_wrong_key(refusing: Service, header: str | None) -> None:
    async with httpx.AsyncClient(base_url=refusing.client.base_url) as stranger:
        headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
        for method, path in [("GET", "/v1/jobs"), ("POST", "/v1/jobs"), ("POST", "/process")]:
            answer = await stranger.request(method, path, headers=headers)
            assert_problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")


BAD_PAGES = [
    "limit=0",
    "limit=-1",
    "limit=101",
    "limit=abc",
    "limit=",
    "limit=1e9",
    "cursor=junk",
    "cursor=" + "x" * 5000,
    "cursor=%00",
]
BAD_USERS = ["user_id=", "user_id=%00", "user_id=" + "u" * 129]


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/v1/jobs", BAD_PAGES + BAD_USERS),
        ("/v1/images", BAD_PAGES + BAD_USERS),
        ("/v1/api-keys", BAD_PAGES),
    ],
)
async def test_rejects_bad_list_query(refusing: Service, path: str, queries: list[str]) -> None:
    for query in queries:
        answer = await refusing.client.get(f"{path}?{query}")
        assert_problem(answer, 422, "invalid_value")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/jobs?status=nope",
        "/v1/jobs?status=",
        "/v1/images?format=svg",
        "/v1/images?day=nope",
        "/v1/images?day=2026-02-30",
        "/v1/images?day=99999-01-01",
        "/v1/images?camera=" + "x" * 201,
        f"/v1/images/{UNKNOWN}/content?variant=nope",
    ],
)
async def test_rejects_bad_filter(refusing: Service, path: str) -> None:
    assert_problem(await refusing.client.get(path), 422, "invalid_value")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_lists_nothing_of_first_and_last_day_there_is(refusing: Service, day: str) -> None:
    answer = await refusing.client.get(f"/v1/images?day={day}")
    assert (answer.status_code, answer.json()) == (200, {"items": []})


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v1/nope", "/v1/jobs/a/b", "/v1/images/a/b"])
async def test_answers_404_for_unknown_path(refusing: Service, path: str) -> None:
    assert_not_found(await refusing.client.get(path))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/jobs"),
        ("POST", f"/v1/images/{UNKNOWN}"),
        ("GET", "/process"),
        ("DELETE", "/healthz"),
    ],
)
async def test_answers_405_for_wrong_method(refusing: Service, method: str, path: str) -> None:
    answer = await refusing.client.request(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"role": "admin"', b"[" * 100_000, b'{"role": NaN}']
)
async def test_rejects_bad_json(refusing: Service, body: bytes) -> None:
    answer = await refusing.client.post("/v1/api-keys", content=body)
    assert_problem(answer, 400, "malformed_request")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"role": "king"}',
        '{"role": ["admin"]}',
        '{"role": "client"}',
        '{"role": "client", "user_id": ""}',
        '{"role": "client", "user_id": "a\\u0000b"}',
        '{"role": "client", "user_id": 7}',
        '{"role": "admin", "user_id": "u1"}',
        '{"role": "service", "user_id": "u1"}',
        '{"role": "admin", "surprise": true}',
        '{"role": "admin", "note": "%s"}' % ("n" * 501),
    ],
)
async def test_rejects_key_that_cannot_be(refusing: Service, body: str) -> None:
    answer = await refusing.client.post("/v1/api-keys", content=body)
    assert_problem(answer, 422, "invalid_value")
    assert await refusing.count("api_keys") == 0
