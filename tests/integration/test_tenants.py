"""Tenants: users of one live apart from those of another, for every route and every key."""

from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import CONTRACT, PATH_VALUES
from tests.service import Service, authorization
from tests.webhooks import announce, make_webhook, told

pytestmark = pytest.mark.one_service

TENANTS = ["acme", "globex", None]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


async def _key(service: Service, role: str = "service", **more: Any) -> str:
    body = {"role": role} | {name: value for name, value in more.items() if value is not None}
    answer = await service.client.post("/v1/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["tenant"] == more.get("tenant")
    return str(made["key"])


async def _get(service: Service, path: str, key: str) -> httpx.Response:
    return await service.client.get(path, headers=authorization(key))


async def _ids(service: Service, path: str, key: str) -> set[str]:
    answer = await _get(service, path, key)
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["items"]}


async def _upload(service: Service, key: str, **fields: Any) -> dict[str, Any]:
    answer = await service.send([("a.png", draw(kind="PNG"))], key=key, **fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def test_one_user_id_in_three_places_is_three_users(service: Service) -> None:
    keys = {tenant: await _key(service, tenant=tenant) for tenant in TENANTS}
    jobs = {tenant: await _upload(service, key, user_id="u1") for tenant, key in keys.items()}
    for tenant, key in keys.items():
        assert jobs[tenant]["user_id"] == "u1"
        assert jobs[tenant].get("tenant") == tenant
        assert [item["duplicate_of"] for item in jobs[tenant]["items"]] == [None]
        own = jobs[tenant]["id"]
        for query in ("", "?user_id=u1"):
            assert await _ids(service, f"/v1/jobs{query}", key) == {own}
            images = (await _get(service, f"/v1/images{query}", key)).json()["items"]
            assert [(one["job_id"], one["user_id"]) for one in images] == [(own, "u1")]
        for other in TENANTS:
            if other == tenant:
                continue
            image_id = jobs[other]["items"][0]["image_id"]
            for path in (
                f"/v1/jobs/{jobs[other]['id']}",
                f"/v1/jobs/{jobs[other]['id']}/events",
                f"/v1/images/{image_id}",
                f"/v1/images/{image_id}/content",
                f"/v1/images/{image_id}/content?width=320&format=webp",
                f"/v1/images/{image_id}/histogram",
                f"/v1/images?similar_to={image_id}",
                f"/v1/images?similar_to={image_id}&by=embedding",
            ):
                for named in ("", "user_id=u1"):
                    joined = path + ("&" if "?" in path else "?") + named
                    assert_problem(await _get(service, joined, key), 404, "not_found")
            for method, path in (
                ("DELETE", f"/v1/jobs/{jobs[other]['id']}"),
                ("POST", f"/v1/jobs/{jobs[other]['id']}/retry"),
                ("DELETE", f"/v1/images/{image_id}"),
            ):
                answer = await service.client.request(method, path, headers=authorization(key))
                assert_problem(answer, 404, "not_found")
    assert await service.count("images") == 3


async def test_service_keys_of_one_tenant_share_its_users_jobs_and_webhooks(
    service: Service,
) -> None:
    first, second = await _key(service, tenant="acme"), await _key(service, tenant="acme")
    client = await _key(service, "client", tenant="acme", user_id="u1")
    jobs = {
        (await _upload(service, first, user_id="u1"))["id"],
        (await _upload(service, second, user_id="u2"))["id"],
        (await _upload(service, client))["id"],
    }
    webhook = await make_webhook(service, first)
    for key in (first, second):
        assert await _ids(service, "/v1/jobs", key) == jobs
        assert await _ids(service, "/v1/webhooks", key) == {webhook["id"]}
        for job_id in jobs:
            assert (await _get(service, f"/v1/jobs/{job_id}", key)).is_success
    of_client = await _ids(service, "/v1/jobs", client)
    assert len(of_client) == 2
    assert await _ids(service, "/v1/webhooks", client) == set()
    outside = await _key(service)
    assert await _ids(service, "/v1/webhooks", outside) == set()


async def test_tenant_cannot_be_named_by_its_stored_form_or_by_another_key(
    service: Service,
) -> None:
    await _upload(service, await _key(service, tenant="acme"), user_id="u1")
    globex, plain = await _key(service, tenant="globex"), await _key(service)
    client = await _key(service, "client", user_id="u1")
    for key in (globex, plain, client):
        for name in ("acme\x1fu1", "acme%1Fu1"):
            answer = await service.client.get(
                "/v1/jobs", params={"user_id": name}, headers=authorization(key)
            )
            assert answer.status_code in {200, 422}, answer.text
            if answer.is_success:
                assert answer.json()["items"] == []
        for path in (
            "/v1/jobs?tenant=acme",
            "/v1/images?tenant=acme&user_id=u1",
            "/v1/users/u1/histograms?tenant=acme",
        ):
            assert_problem(await _get(service, path, key), 403, "forbidden")
        refused = await service.send(
            [("a.png", draw(kind="PNG"))], key=key, user_id="u1", tenant="acme"
        )
        assert_problem(refused, 403, "forbidden")
        gone = await service.client.delete("/v1/users/u1?tenant=acme", headers=authorization(key))
        assert_problem(gone, 403, "forbidden")
    assert await service.count("images") == 1


async def test_admin_sees_all_and_names_a_tenant(service: Service) -> None:
    keys = {tenant: await _key(service, tenant=tenant) for tenant in TENANTS}
    jobs = {tenant: await _upload(service, key, user_id="u1") for tenant, key in keys.items()}
    listed = (await service.client.get("/v1/jobs")).json()["items"]
    assert [(one["user_id"], one.get("tenant")) for one in listed] == [
        ("u1", tenant) for tenant in TENANTS[::-1]
    ]
    for query, expected in (
        ("?user_id=u1", {jobs[None]["id"]}),
        ("?user_id=u1&tenant=acme", {jobs["acme"]["id"]}),
        ("?tenant=globex", {jobs["globex"]["id"]}),
        ("?tenant=nobody", set()),
    ):
        answer = await service.client.get(f"/v1/jobs{query}")
        assert {one["id"] for one in answer.json()["items"]} == expected
        images = (await service.client.get(f"/v1/images{query}")).json()["items"]
        assert {one["job_id"] for one in images} == expected
    sent = await service.send([("b.png", draw(seed=2))], user_id="u1", tenant="acme")
    assert (sent.json()["user_id"], sent.json()["tenant"]) == ("u1", "acme")
    assert len(await _ids(service, "/v1/jobs", keys["acme"])) == 2


async def test_deleted_user_of_a_tenant_leaves_the_others(working_service: Service) -> None:
    service = working_service
    keys = {tenant: await _key(service, tenant=tenant) for tenant in TENANTS}
    for key in keys.values():
        await _upload(service, key, user_id="u1", operations="metadata")
    answer = await service.client.delete("/v1/users/u1", headers=authorization(keys["acme"]))
    assert answer.status_code == 202
    assert (answer.json()["user_id"], answer.json()["tenant"]) == ("u1", "acme")
    await service.job(answer.json()["id"])
    counts = {tenant: len(await _ids(service, "/v1/images", key)) for tenant, key in keys.items()}
    assert counts == {"acme": 0, "globex": 1, None: 1}


async def test_histograms_of_others_are_neither_listed_nor_compared(
    working_service: Service,
) -> None:
    service = working_service
    keys = {tenant: await _key(service, tenant=tenant) for tenant in TENANTS}
    images: dict[str | None, str] = {}
    for seed, (tenant, key) in enumerate(keys.items()):
        for user_id in ("u1", "u2"):
            picture = ("a.png", draw(seed=seed, kind="PNG"))
            sent = await service.send([picture], key=key, user_id=user_id, operations="histogram")
            job = await service.job(sent.json()["id"])
            images[tenant] = job["items"][0]["image_id"]
    medians = {}
    for tenant, key in keys.items():
        for query in ("", "&since=2020-01-01T00:00:00Z", f"&image_id={images[tenant]}"):
            user_id = "u2" if "image_id" in query else "u1"
            answer = await _get(service, f"/v1/users/{user_id}/similar?n=100{query}", key)
            assert answer.status_code == 200, answer.text
            (found,) = answer.json()["items"]
            assert found["user_id"] != user_id
            assert found.get("tenant") == tenant
            assert found["distance"] < 1e-6
        week = (await _get(service, "/v1/users/u1/histograms", key)).json()["items"]
        assert len(week) == 1
        median = (await _get(service, "/v1/histograms/median", key)).json()
        assert median["images"] == 2
        medians[tenant] = median["bins"]
    assert medians["acme"] != medians["globex"] != medians[None]
    everybody = (await service.client.get("/v1/histograms/median")).json()
    assert everybody["images"] == 6
    one = (await service.client.get("/v1/histograms/median?tenant=acme")).json()
    assert one["bins"] == medians["acme"]
    assert len((await service.client.get("/v1/users/u1/similar")).json()["items"]) == 5


async def test_webhooks_tell_a_tenant_of_its_users_only(working_service: Service) -> None:
    service = working_service
    keys = {tenant: await _key(service, tenant=tenant) for tenant in TENANTS}
    webhooks = {tenant: await make_webhook(service, key) for tenant, key in keys.items()}
    other = await _key(service, tenant="acme")
    for key in (*keys.values(), other):
        job = await _upload(service, key, user_id="u1", operations="metadata")
        await service.job(job["id"])
    await announce(service)
    for tenant, key in keys.items():
        events = await told(service, webhooks[tenant]["id"], key)
        finished = [one["data"] for one in events if one["type"] == "job.finished"]
        assert len(finished) == (2 if tenant == "acme" else 1)
        assert {(one["user_id"], one.get("tenant")) for one in finished} == {("u1", tenant)}


async def test_link_uploads_for_a_user_of_a_tenant(service: Service) -> None:
    key = await _key(service, tenant="acme")
    link = await service.make_link(user_id="u1", tenant="acme")
    assert (link["user_id"], link["tenant"]) == ("u1", "acme")
    sent = await service.send([("a.png", draw(kind="PNG"))], route="/v1/uploads", key=link["token"])
    assert sent.status_code == 202, sent.text
    images = (await _get(service, "/v1/images?user_id=u1", key)).json()["items"]
    assert [(one["user_id"], one["link_id"]) for one in images] == [("u1", link["id"])]
    outside = await _get(service, "/v1/images?user_id=u1", await _key(service))
    assert outside.json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"role": "admin", "tenant": "acme"},
        {"role": "service", "tenant": ""},
        {"role": "service", "tenant": "a\x1fb"},
        {"role": "service", "tenant": "a\nb"},
        {"role": "service", "tenant": "a" * 129},
        {"role": "service", "user_id": "u1"},
        {"role": "client", "tenant": "acme"},
    ],
)
async def test_refuses_keys_that_make_no_sense(service: Service, body: dict[str, Any]) -> None:
    answer = await service.client.post("/v1/api-keys", json=body)
    assert_problem(answer, 422, "invalid_value")
    assert await service.count("api_keys") == 0


READING = {"/v1/images/known"}
"""Paths whose POST changes nothing."""
READERS: list[dict[str, str]] = [{}, {"tenant": "acme"}, {"user_id": "u1", "tenant": "acme"}]


@pytest.mark.parametrize("reader", READERS)
async def test_reader_changes_nothing_on_any_route(
    service: Service, reader: dict[str, str]
) -> None:
    job = await _upload(service, await _key(service, tenant="acme"), user_id="u1")
    headers = authorization(await _key(service, "reader", **reader))
    known = {"job_id": job["id"], "image_id": job["items"][0]["image_id"], "user_id": "u1"}
    known |= PATH_VALUES
    paths = CONTRACT["paths"]
    before = {
        name: await service.count(name)
        for name in await service.stores.database.list_collection_names()
    }
    asked = 0
    for template, operations in paths.items():
        if template.startswith("/v1/uploads") or template in READING:
            continue
        parts = {part[1:-1] for part in template.split("/") if part.startswith("{")}
        path = template.format_map({part: known.get(part, job["id"]) for part in parts})
        for method in operations.keys() & {"post", "put", "patch", "delete"}:
            answer = await service.client.request(method.upper(), path, headers=headers)
            assert_problem(answer, 403, "forbidden")
            asked += 1
    assert asked >= 15
    after = {name: await service.count(name) for name in before}
    assert after == before


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ({}, {"plain"}),
        ({"tenant": "acme"}, {"acme u1", "acme u2"}),
        ({"tenant": "acme", "user_id": "u1"}, {"acme u1"}),
        ({"user_id": "u1"}, {"plain"}),
    ],
)
async def test_reader_reads_its_user_its_tenant_or_those_without_one(
    service: Service, reader: dict[str, str], seen: set[str]
) -> None:
    acme, plain = await _key(service, tenant="acme"), await _key(service)
    jobs = {
        "acme u1": await _upload(service, acme, user_id="u1"),
        "acme u2": await _upload(service, acme, user_id="u2"),
        "plain": await _upload(service, plain, user_id="u1"),
    }
    await make_webhook(service, plain)
    key = await _key(service, "reader", **reader)
    assert await _ids(service, "/v1/jobs", key) == {jobs[name]["id"] for name in seen}
    for name, job in jobs.items():
        for path in (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}"):
            expected = 200 if name in seen else 404
            assert (await _get(service, path, key)).status_code == expected
    assert await _ids(service, "/v1/webhooks", key) == set()
    for path in ("/v1/api-keys", "/v1/statistics", "/v1/upload-links"):
        assert_problem(await _get(service, path, key), 403, "forbidden")
