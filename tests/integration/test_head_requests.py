"""HEAD: status and headers as for GET, no body, on every GET route; connections stay usable."""

import asyncio
from collections import defaultdict
from urllib.parse import urlsplit

import httpx
import pytest

from api.pages.assets.registry import ASSETS
from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import CONTRACT, routes_of
from tests.service import ADMIN_KEY, Service, authorization
from tests.trained_models import store_model
from tests.webhooks import make_webhook

pytestmark = pytest.mark.one_service

VOLATILE = {"date", "x-request-id", "transfer-encoding", "retry-after", "ratelimit"}
"""Headers that differ between two requests, or that only a body needs."""
COUNTED = {"/metrics", "/readyz"}
"""Routes whose bodies, and so their lengths, change from request to request."""


def _headers(answer: httpx.Response, path: str) -> dict[str, str]:
    left_out = VOLATILE | ({"content-length"} if path in COUNTED else set())
    return {name: value for name, value in answer.headers.items() if name not in left_out}


async def _known(service: Service) -> dict[str, str]:
    """Make an object of each kind that paths name."""
    job = await service.process([("portrait.jpg", draw(120, 80))], user_id="u1")
    link = await service.make_link()
    through_link = await service.send(
        [("portrait.jpg", draw())], route="/v1/uploads", key=link["token"]
    )
    webhook = await make_webhook(service)
    test = await service.client.post(f"/v1/webhooks/{webhook['id']}/test")
    batch = await service.client.post("/v1/batches", json={"operation": "metadata"})
    return {
        "job_id": job["id"],
        "link_job_id": through_link.json()["id"],
        "image_id": job["items"][0]["image_id"],
        "token": link["token"],
        "link_id": link["id"],
        "webhook_id": webhook["id"],
        "delivery_id": test.json()["id"],
        "user_id": "u1",
        "batch_id": batch.json()["id"],
        "task": "kind",
        "version": await store_model(service.stores),
        "name": ASSETS.get("swagger-ui.css").name,
    }


async def test_every_get_route_answers_head_as_get_without_a_body(
    working_service: Service,
) -> None:
    service = working_service
    known = await _known(service)
    await service.job(known["link_job_id"])
    paths = [path for path, method in routes_of(service.app) if method == "GET"]
    assert len(paths) > 30
    found = []
    for path in paths:
        values = defaultdict(lambda: "unknown", known)
        headers = {}
        if path.startswith("/v1/uploads"):
            values["job_id"] = known["link_job_id"]
            headers = authorization(known["token"])
        target = path.format_map(values)
        get = await service.client.get(target, headers=headers)
        head = await service.client.head(target, headers=headers)
        assert head.status_code == get.status_code, path
        assert _headers(head, path) == _headers(get, path), path
        assert head.content == b"", path
        if path in CONTRACT["paths"] or path.startswith("/assets"):
            found.append(get.status_code)
    # No dead letter, no model, what has ended, signed URLs, and routes of an ended stream.
    assert found.count(200) > len(found) - 8


@pytest.mark.parametrize("variant", ["original", "thumbnail", "grayscale", "faces"])
async def test_head_of_content_has_its_length_and_its_version(
    working_service: Service, variant: str
) -> None:
    job = await working_service.process([("a.png", draw(64, 48, kind="PNG"))])
    target = f"/v1/images/{job['items'][0]['image_id']}/content?variant={variant}"
    head = await working_service.client.head(target)
    get = await working_service.client.get(target)
    assert head.status_code == 200
    assert int(head.headers["content-length"]) == len(get.content) > 0
    for name in ("etag", "content-type", "content-disposition", "accept-ranges"):
        assert head.headers[name] == get.headers[name]
    known = await working_service.client.head(
        target, headers={"If-None-Match": get.headers["etag"]}
    )
    assert known.status_code == 304
    part = await working_service.client.head(target, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_head_of_an_event_stream_answers_at_once_and_opens_none(service: Service) -> None:
    job = (await service.send([("a.jpg", draw())])).json()
    async with asyncio.timeout(30):  # Nobody works: the stream would not end.
        head = await service.client.head(f"/v1/jobs/{job['id']}/events")
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")
    metrics = (await service.client.get("/metrics")).text
    assert "minilab_listeners 0.0" in metrics


async def test_head_is_refused_as_get_is(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        assert (await stranger.head("/v1/jobs")).status_code == 401
    assert (await service.client.head("/nope")).status_code == 404
    assert (await service.client.head("/v1/jobs/unknown")).status_code == 404
    answer = await service.client.head("/process")
    assert answer.status_code == 405
    assert "HEAD" not in answer.headers["allow"]
    refused = await service.client.put("/v1/jobs")
    assert_problem(refused, 405, "method_not_allowed")
    assert {"GET", "HEAD"} <= set(refused.headers["allow"].split(", "))
    options = await service.client.options("/v1/capabilities")
    assert {"GET", "HEAD"} <= set(options.headers["allow"].split(", "))


async def test_connection_stays_usable_after_head(service: Service) -> None:
    address = urlsplit(str(service.client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    key = f"Host: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
    targets = ("/healthz", "/openapi.json", ASSETS.get("swagger-ui.css").url, "/v1/jobs", "/nope")
    for target in targets:
        writer.write(f"HEAD {target} HTTP/1.1\r\n{key}\r\n".encode())
    writer.write(f"GET /healthz HTTP/1.1\r\n{key}Connection: close\r\n\r\n".encode())
    async with asyncio.timeout(60):
        answers = await reader.read()
    writer.close()
    assert answers.count(b"HTTP/1.1 200 OK") == len(targets)
    assert answers.count(b"HTTP/1.1 404") == 1
    assert answers.count(b'{"status":"ok"}') == 1
    assert answers.endswith(b'{"status":"ok"}')


def test_contract_lists_no_head_operation_beside_get() -> None:
    assert all(not methods.keys() >= {"get", "head"} for methods in CONTRACT["paths"].values())
    assert "HEAD" in CONTRACT["info"]["description"]
