"""Tokens of links and signed URLs are written nowhere: sent everywhere, and searched for in all."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.servers.embedded import EmbeddedServers
from domain.keys import link_token
from domain.signed_urls import TOKEN_PREFIX
from storage.mongo.client import DURABLE
from tests.faults.stack import Stack, running_stack
from tests.pictures import draw
from tests.routes import OPERATIONS
from tests.service import Service, authorization
from tests.token_guard import find_token
from tests.waiting import until

pytestmark = pytest.mark.one_service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
# Asks for more than there is, so that validation fails as well.
ODD = {"Idempotency-Key": "k" * 300, "If-None-Match": '"x"', "Range": "bytes=9-1"}
NOBODY = {"Authorization": ""}
ODD_ENDS = ["", "/", "/x", "/jobs", "/jobs/", "/../..", "?a=b", "%2e%2e"]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"]


async def _make(client: httpx.AsyncClient, **fields: object) -> dict[str, Any]:
    made = await client.post("/v1/upload-links", json={"expires_in": 60} | fields)
    assert made.status_code == 201
    link: dict[str, Any] = made.json()
    return link


async def _ask_everywhere(client: httpx.AsyncClient, token: str) -> AsyncIterator[httpx.Response]:
    """Ask every operation with a token wherever one might be put, and the routes of links by any
    method.
    """
    bearer = authorization(token)
    for method, end in product(METHODS, ODD_ENDS):
        yield await client.request(method, f"/v1/uploads/{token}{end}", headers=bearer)
    for template, method, _ in OPERATIONS:
        misplaced = re.sub(r"\{\w+\}", token, template)
        for path in dict.fromkeys((_with_ids(template, token), misplaced)):
            for headers in (NOBODY, bearer | ODD):
                yield await client.request(method, path, headers=headers)
            yield await client.request(method, path, params={"limit": token}, headers=bearer)


async def _ask_everything(client: httpx.AsyncClient, token: str) -> AsyncIterator[httpx.Response]:
    """Ask every operation with a token as its key, and the routes of links in odd ways."""
    bearer = authorization(token)
    for template, method, _ in OPERATIONS:
        yield await client.request(method, _with_ids(template, token), headers=bearer)
    for method, end in product(("GET", "POST"), ODD_ENDS):
        yield await client.request(method, f"/v1/uploads/{token}{end}", headers=bearer)
    for method in METHODS:
        yield await client.request(method, "/v1/uploads", headers=bearer)
    yield await client.get(f"/u/{token}", headers=NOBODY)
    for body, path in product((b"", b"{", b"--x"), ("/v1/uploads", f"/v1/uploads/{token}")):
        for kind in ("multipart/form-data; boundary=x", "application/json", ""):
            headers = bearer | {"Content-Type": kind}
            yield await client.post(path, content=body, headers=headers)


def _with_ids(template: str, token: str) -> str:
    return re.sub(r"\{\w+\}", UNKNOWN, template.replace("{token}", token))


async def _ask_signed(stack: Stack) -> AsyncIterator[httpx.Response]:
    """Use signed URLs as they are meant, and in every other way."""
    client = stack.client
    key = await client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
    headers = authorization(key.json()["key"])
    sent = await client.post("/v1/jobs", files={"file": ("a.png", draw())}, headers=headers)
    job = sent.json()
    image_id = job["items"][0]["image_id"]
    paths = [f"/v1/images/{image_id}/content-url", f"/v1/jobs/{job['id']}/events-url"]
    made = [(await client.get(path, headers=headers)).json()["url"] for path in paths]
    tokens = [url.rsplit("/", 1)[1] for url in made]
    for token, place in product((tokens[1][::-1], *tokens), ("content", "events")):
        yield await client.head(f"/v1/{place}/{token}", headers=NOBODY | ODD)
    for token, place in zip(tokens, ("content", "events"), strict=True):
        for method, end in product((*METHODS[1:5], METHODS[6]), ODD_ENDS):
            yield await client.request(method, f"/v1/{place}/{token}{end}", headers=NOBODY)
    for path in (f"/v1/images/{tokens[0]}/content", f"/v1/jobs/{tokens[1]}/events", "/v1/jobs"):
        yield await client.get(path, headers=authorization(tokens[0]))
        yield await client.get(path, params={"cursor": tokens[1]}, headers=headers)
    # A document that cannot be read: a 500, with a trace in the log.
    keys = stack.stores.database["api_keys"].with_options(write_concern=DURABLE)
    await keys.update_one({"_id": key.json()["id"]}, {"$unset": {"user_id": ""}})
    await until(lambda: _is_broken(client, made[0]))
    yield await client.get(made[0], headers=NOBODY)


async def _is_broken(client: httpx.AsyncClient, url: str) -> bool:
    """Say whether a URL is answered with an error of the service."""
    return (await client.head(url, headers=NOBODY)).status_code == 500


async def _use(client: httpx.AsyncClient, token: str) -> AsyncIterator[httpx.Response]:
    """Use a link as it is meant, until it is used up."""
    file, bearer = {"file": ("a.png", draw())}, authorization(token)
    for route, headers in (("/v1/uploads", bearer), (f"/v1/uploads/{token}", NOBODY)) * 2:
        sent = await client.post(route, files=file, headers=headers | {"Prefer": "wait=1"})
        yield sent
        if "results_url" in sent.text:
            results = sent.json()["results_url"]
            image_id = sent.json()["items"][0]["image_id"]
            for end in ("", "/images", "/images/unknown", f"/images/{image_id}?limit=1"):
                yield await client.get(results + end, headers=NOBODY)
    listed = await client.get("/v1/uploads?limit=1", headers=bearer)
    yield listed
    (job,) = listed.json()["items"]
    yield await client.get(f"/v1/uploads/jobs/{job['id']}", headers=bearer)
    yield await client.get(f"/v1/uploads/{token}/jobs/{job['id']}", headers=NOBODY)


@pytest.mark.long
async def test_token_is_in_no_log_metric_error_or_header(
    servers: EmbeddedServers, tmp_path: Path
) -> None:
    options = {"log_level": "debug", "access_log": True}
    async with running_stack(servers, tmp_path, **options) as stack:
        client = stack.client
        worker = stack.start_worker()
        used, revoked, expired, odd = [await _make(client, max_files=3) for _ in range(4)]
        answers = []
        for made in (used, revoked, expired):
            answers += [answer async for answer in _use(client, made["token"])]
        answers.append(await client.delete(f"/v1/upload-links/{revoked['id']}"))
        links = stack.stores.database["upload_links"].with_options(write_concern=DURABLE)
        over = {"$set": {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}}
        await links.update_one({"_id": expired["id"]}, over)
        # A document that cannot be read is a mistake of our own: a 500, with a trace in the log.
        await links.update_one({"_id": odd["id"]}, {"$unset": {"user_id": ""}})
        tokens = [made["token"] for made in (used, revoked, expired, odd)]
        for token in (*tokens, link_token(bytes(32)), used["token"] + "A"):
            answers += [answer async for answer in _ask_everything(client, token)]
        answers += [answer async for answer in _ask_everywhere(client, used["token"])]
        answers += [answer async for answer in _ask_signed(stack)]
        answers.append(await client.get("/metrics"))
        logs = stack.log(stack.api) + stack.log(worker)
    for answer in answers:
        # The answer to an upload alone tells its sender where its results are.
        text = re.sub(r'"results_url":"[^"]+"', "", answer.text)
        told = repr(answer.headers.multi_items()) + text
        assert find_token(told) is None, (answer.request.method, answer.status_code)
    statuses = {answer.status_code for answer in answers}
    assert {200, 401, 404, 405, 409, 410, 422, 500} <= statuses
    assert '"route":"/v1/uploads/{token}' in logs
    assert '"route":"/v1/content/{token}' in logs
    assert '"route":"/v1/events/{token}' in logs
    assert '"event":"unexpected_error"' in logs
    assert find_token(logs) is None


async def test_answers_to_links_are_kept_by_nobody_and_hand_no_address_on(
    service: Service,
) -> None:
    made = await service.make_link(max_files=1)
    answers = [
        *[answer async for answer in _use(service.client, made["token"])],
        await service.client.get(f"/v1/uploads/{made['token']}/nothing"),
        await service.client.get(f"/v1/uploads/{made['token']}"),
        await service.client.get("/v1/upload-links"),
    ]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert made["token"] not in answer.headers.get("location", "")


def test_search_finds_what_it_is_for() -> None:
    token = link_token(bytes(range(32)))
    assert find_token(f'{{"path":"/v1/uploads/{token}"}}')
    assert find_token(token[:30])
    assert find_token(f"/v1/content/{TOKEN_PREFIX}{token[4:]}")
    assert find_token("mll_ and nothing else") is None
