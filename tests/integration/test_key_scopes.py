"""Scopes: a walk through the whole contract, which docs/keys.md says what it needs."""

import re
from typing import Any

import httpx
import pytest

from domain.key_scopes import KeyScope
from tests import routes
from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import CONTRACT, PATH_VALUES
from tests.service import REPOSITORY, Service, authorization

pytestmark = pytest.mark.one_service

NOTHING = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
BODIES = routes.BODIES | {
    "createApiKey": {"role": "client", "user_id": "u1", "expires_in": 60},
    "findKnownImages": {"sha256": ["0" * 64], "user_id": "u1"},
    "createJobFromUrls": {"urls": ["https://photos.example/a.jpg"], "user_id": "u1"},
    "createJobFromUploads": {"uploads": [NOTHING], "user_id": "u1"},
}
ADMIN, LINK, SIGNED_URL = "an admin key", "the token of a link", "a signed URL"
KEYS = {
    "client": {"role": "client", "user_id": "u1"},
    "service": {"role": "service"},
    "service of a tenant": {"role": "service", "tenant": "acme"},
}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


def documented() -> dict[str, str]:
    """Read the table of docs/keys.md: what each operation needs."""
    page = (REPOSITORY / "docs" / "keys.md").read_text()
    table = page.partition("| needs | operations |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    found = [(name, needs) for needs, names in rows for name in re.findall(r"`(\w+)`", names)]
    assert len(dict(found)) == len(found)
    return dict(found)


async def _make(service: Service, **body: Any) -> dict[str, Any]:
    answer = await service.client.post("/v1/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _ask(
    service: Service, method: str, template: str, operation: dict[str, Any], key: str
) -> httpx.Response:
    names = re.findall(r"\{(\w+)\}", template)
    path = template.format_map(dict.fromkeys(names, NOTHING) | {"user_id": "u1"} | PATH_VALUES)
    options: dict[str, Any] = {"json": BODIES.get(operation["operationId"])}
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        options = {"files": [("file", ("a.png", draw(kind="PNG")))], "data": {"user_id": "u1"}}
    headers = authorization(key) | routes.required_headers(operation)
    return await service.client.request(method, path, headers=headers, **options)


@pytest.mark.parametrize("scope", KeyScope)
@pytest.mark.parametrize("kind", KEYS)
async def test_each_route_needs_what_its_documentation_says(
    service: Service, kind: str, scope: KeyScope
) -> None:
    needs = documented()
    made = await _make(service, **KEYS[kind], scopes=[scope])
    assert made["scopes"] == [scope]
    paths = CONTRACT["paths"]
    operations = [
        (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]
    assert {operation["operationId"] for _, _, operation in operations} == needs.keys()
    for method, path, operation in operations:
        name = operation["operationId"]
        needed = set(re.findall(r"`(\w+)`", needs[name]))
        if needs[name] in {LINK, SIGNED_URL} or name == "getMetrics":
            continue
        answer = await _ask(service, method.upper(), path, operation, made["key"])
        if method == "head":  # Its refusal has no body.
            assert answer.status_code == (403 if needed - {scope} else 404)
            continue
        code = answer.json()["code"] if answer.is_client_error else ""
        if needs[name] == ADMIN:
            assert code in {"scope_missing", "forbidden"}, name
        elif needed - {scope}:
            problem = assert_problem(answer, 403, "scope_missing")
            assert (needed - {scope}) <= set(re.findall(r"\w+", problem["detail"])), name
        else:
            assert code != "scope_missing", name
            if made["role"] == "service" or code != "forbidden":
                assert answer.status_code != 403 or name == "createApiKey", name


async def test_key_without_scopes_has_all_and_a_reader_reads(service: Service) -> None:
    some: dict[str, Any] = {"role": "client", "user_id": "u1", "scopes": ["delete", "upload"]}
    every = ["upload", "read", "delete"]
    for body, scopes in [
        (KEYS["service"], every),
        (KEYS["client"], every),
        (some, ["upload", "delete"]),
        ({"role": "admin"}, every),
    ]:
        made = await _make(service, **body)
        assert made["scopes"] == scopes
        got = await service.client.get(f"/v1/api-keys/{made['id']}")
        assert got.json()["scopes"] == scopes
    # A key of before there were scopes.
    keys = service.stores.database["api_keys"]
    made = await _make(service, role="client", user_id="u1")
    names = ["scopes", "created_by", "last_used_at"]
    await keys.update_one({"_id": made["id"]}, {"$unset": dict.fromkeys(names, "")})
    headers = authorization(made["key"])
    assert (await service.client.delete("/v1/users/u1", headers=headers)).status_code == 202
    got = (await service.client.get(f"/v1/api-keys/{made['id']}")).json()
    assert [got[name] for name in names] == [["upload", "read", "delete"], None, None]


@pytest.mark.parametrize(
    "body",
    [
        {"role": "client", "user_id": "u1", "scopes": []},
        {"role": "client", "user_id": "u1", "scopes": ["write"]},
        {"role": "client", "user_id": "u1", "scopes": ["read"] * 4},
        {"role": "admin", "scopes": ["read"]},
        {"role": "reader", "scopes": ["read"]},
    ],
)
async def test_refuses_scopes_that_make_no_sense(service: Service, body: dict[str, Any]) -> None:
    assert_problem(await service.client.post("/v1/api-keys", json=body), 422, "invalid_value")


async def test_head_and_options_need_no_more_than_get(service: Service) -> None:
    reads = await _make(service, role="client", user_id="u1", scopes=["read"])
    uploads = await _make(service, role="client", user_id="u1", scopes=["upload"])
    for key, status in ((reads["key"], 200), (uploads["key"], 403)):
        answers = [
            await service.client.request(method, "/v1/jobs", headers=authorization(key))
            for method in ("GET", "HEAD", "OPTIONS")
        ]
        assert [answer.status_code for answer in answers] == [status, status, 204]
