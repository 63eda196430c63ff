"""Whatever a request holds that cannot be parsed, the answer is a problem document below 500.

Every route of the application is asked, so that a new route is covered too.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from urllib.parse import urlsplit

import httpx
import pytest

from tests import hostile_values as hostile
from tests.problems import assert_problem
from tests.routes import OPERATIONS, PATH_VALUES, routes_of
from tests.service import ADMIN_KEY, Service
from tests.webhooks import make_webhook

pytestmark = pytest.mark.one_service

PARALLEL = 16
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"
UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
WITH_JSON = [
    (path, method)
    for path, method, operation in OPERATIONS
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]


def fill(path: str, value: str | None = None, **known: str) -> str:
    """Put known values, or else one value, in the places of the parameters of a path."""
    if value is None:
        return path.format_map(defaultdict(lambda: UNKNOWN, PATH_VALUES | known))
    return path.format_map(defaultdict(lambda: value, known))


def head_of(
    method: str, target: str, headers: Sequence[tuple[str, bytes]] = (), body: bytes = b""
) -> bytes:
    """Write the head of a request of an admin, without its last lines."""
    lines = [f"{method} {target} HTTP/1.1".encode(), b"Host: x", b"Content-Length: %d" % len(body)]
    lines.append(b"Authorization: Bearer " + ADMIN_KEY.encode())
    lines += [name.encode() + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n"


async def complaints(
    service: Service, heads: Sequence[bytes], bodies: Iterable[bytes] = repeat(b"")
) -> list[str]:
    """Send requests, some at a time; say which got an answer that they must not get.

    They are written by hand: a client library takes five times as long as the API does.
    """
    waiting = zip(heads, bodies, strict=False)

    async def send() -> list[str | None]:
        return [
            _complaint(head + body, await exchange(service, head, body)) for head, body in waiting
        ]

    found = await asyncio.gather(*(send() for _ in range(PARALLEL)))
    return [complaint for some in found for complaint in some if complaint]


def _complaint(request: bytes, answer: httpx.Response) -> str | None:
    is_not_ready = answer.status_code == 503 and b" /readyz" in request
    # Pages show errors as pages to those who ask for HTML.
    is_problem = answer.headers.get("content-type") in {PROBLEM, HTML}
    if is_not_ready or answer.status_code < 400 or (answer.status_code < 500 and is_problem):
        return None
    return f"{request!r:.500}: {answer.status_code} {answer.text[:200]}"


async def test_no_path_breaks_a_route(refusing: Service) -> None:
    requests = [
        head_of(method, fill(path, value, **known))
        for path, method in routes_of(refusing.app)
        for value in hostile.PATHS
        for known in [{}, *([{"version": "1"}] if "{version}" in path else [])]
        if "{" in path
    ]
    requests += [head_of("GET", f"/nothing/{value}") for value in hostile.PATHS]
    assert await complaints(refusing, requests) == []


def query_parameters() -> Iterator[tuple[str, str, str, Sequence[str]]]:
    """Give each parameter of each operation, and the values for it.

    Where one is declared as in an operation before, it is read by the same code.
    """
    seen: set[str] = set()
    for path, method, operation in OPERATIONS:
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                declared = json.dumps([parameter["name"], parameter["schema"]], sort_keys=True)
                values = hostile.WORST_QUERIES if declared in seen else hostile.QUERIES
                seen.add(declared)
                yield path, method, parameter["name"], values


async def test_no_query_breaks_a_route(refusing: Service) -> None:
    requests = [
        head_of(method, f"{fill(path)}?{name}={value}")
        for path, method, name, values in query_parameters()
        for value in values
    ]
    requests += [
        head_of(method, f"{fill(path)}?{query}")
        for path, method in routes_of(refusing.app)
        for query in hostile.WHOLE_QUERIES
    ]
    assert await complaints(refusing, requests) == []


async def test_no_header_breaks_a_route(refusing: Service) -> None:
    """Every route with all headers at once, and two routes with each alone."""
    alone = [[(name, value)] for name in hostile.HEADERS for value in hostile.HEADER_VALUES]
    together = [
        [(name, value) for name in hostile.HEADERS if name != "Expect"]
        for value in hostile.HEADER_VALUES
        if len(value) < 1000
    ]
    requests = [
        head_of(method, fill(path), headers)
        for path, method in routes_of(refusing.app)
        for headers in together
    ]
    requests += [
        head_of(method, "/v1/jobs", headers) for method in ("GET", "POST") for headers in alone
    ]
    assert await complaints(refusing, requests) == []


@pytest.mark.parametrize(("path", "method"), WITH_JSON)
async def test_no_body_breaks_a_route(refusing: Service, path: str, method: str) -> None:
    webhook = await make_webhook(refusing)
    target = fill(path, webhook_id=webhook["id"])
    json_type, no_type = [("Content-Type", b"application/json")], [("Content-Type", b"")]
    heads = [head_of(method, target, json_type, body) for body in hostile.BODIES]
    heads += [head_of(method, target, no_type, body) for body in hostile.BODIES[:8]]
    bodies = hostile.BODIES + hostile.BODIES[:8]
    assert await complaints(refusing, heads, bodies) == []


async def exchange(service: Service, head: bytes, body: bytes = b"") -> httpx.Response:
    """Send a head and a body byte by byte as given, and read the answer."""
    address = urlsplit(str(service.client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head + b"Connection: close\r\n\r\n" + body)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    top, _, content = answer.partition(b"\r\n\r\n")
    line, *lines = top.split(b"\r\n")
    headers = [tuple(line.split(b": ", 1)) for line in lines]
    return httpx.Response(int(line.split()[1]), headers=headers, content=content)  # type: ignore[arg-type]


async def test_bytes_that_are_no_http_are_answered_with_a_request_id(refusing: Service) -> None:
    answer = await exchange(refusing, b"\x16\x03\x01 HTTP\r\n")
    assert assert_problem(answer, 400, "malformed_request")["request_id"]
    named = b"GET / HTTP/1.1\r\nX-Request-ID: mine\r\nAccept: */*\r\nno colon\r\n"
    answer = await exchange(refusing, named)
    assert assert_problem(answer, 400, "malformed_request")["request_id"] == "mine"


async def test_host_that_cannot_be_read_is_malformed(refusing: Service) -> None:
    key = b"Authorization: Bearer " + ADMIN_KEY.encode() + b"\r\n"
    for host in hostile.HOSTS:
        for target in (b"/v1/jobs?limit=0", b"/v1/upload-links", b"/docs", b"/readyz"):
            head = b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + key
            assert_problem(await exchange(refusing, head), 400, "malformed_request")


async def test_several_hosts_are_malformed(refusing: Service) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n"
    assert_problem(await exchange(refusing, head), 400, "malformed_request")


async def test_usual_hosts_are_answered(refusing: Service) -> None:
    for host in (b"", b"x", b"x:80", b"x:", b"[::1]:8000", b"[::1]", b"a_b.c-d", b"x:65535"):
        answer = await exchange(refusing, b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n")
        assert answer.status_code == 200, host


@pytest.mark.parametrize("target", ["/v1/jobs", "/v1/jobs/file", "/v1/api-keys"])
@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\nabcdeXX\r\n"])
async def test_body_whose_chunks_cannot_be_read_is_malformed(
    refusing: Service, target: str, body: bytes
) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
    media_type = "application/json" if target.endswith("keys") else "image/jpeg"
    head += f"Content-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n"
    answer = await exchange(refusing, head.encode(), body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["code"] == "malformed_request"


async def test_request_that_is_no_http_is_malformed(refusing: Service) -> None:
    for head in hostile.HEADS:
        answer = await exchange(refusing, head)
        assert answer.headers["content-type"] == PROBLEM, (head, answer.text)
        assert answer.status_code in {400, 404}, head
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["status"] == answer.status_code
