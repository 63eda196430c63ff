"""A key sees its own data only: all else looks as if it did not exist."""

from collections.abc import AsyncIterator

import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import BODIES, CONTRACT, PATH_VALUES
from tests.service import Service, authorization

pytestmark = pytest.mark.one_service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
STRANGERS = ["client of another", "service", "service naming another", "client naming the owner"]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


def _routes() -> list[tuple[str, str, str]]:
    """List every route that names a job or an image, and its operation, as the contract has it."""
    paths = CONTRACT["paths"]
    routes = [
        (method.upper(), path, operation["operationId"])
        for path, operations in paths.items()
        for method, operation in operations.items()
        if ("{job_id}" in path or "{image_id}" in path)
        and not path.startswith(("/v1/uploads", "/v1/results"))  # A token, no key.
    ]
    assert len(routes) >= 5
    return routes


@pytest.fixture
async def owned(service: Service) -> AsyncIterator[dict[str, str]]:
    """A job and an image that u1 uploaded with a client key; afterwards both must be there."""
    key = await service.make_key("client", "u1")
    job = (await service.send([("a.png", draw(kind="PNG"))], key=key)).json()
    ids = {"job_id": job["id"], "image_id": job["items"][0]["image_id"]}
    yield ids
    kept = await service.client.get(f"/v1/jobs/{ids['job_id']}", headers=authorization(key))
    # The place in the queue is a look at all users, and some seconds old.
    assert kept.json() | {"queue": None} == job | {"queue": None}


async def _stranger(service: Service, who: str) -> tuple[dict[str, str], str]:
    """Give the headers and the query of a caller who is not u1."""
    if who.startswith("client"):
        query = "user_id=u1" if "naming" in who else ""
        return authorization(await service.make_key("client", "u2")), query
    query = "user_id=u2" if "naming" in who else ""
    return authorization(await service.make_key("service")), query


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_gets_404_on_every_route(
    service: Service, owned: dict[str, str], who: str
) -> None:
    headers, query = await _stranger(service, who)
    for method, template, name in _routes():
        path = template.format_map(PATH_VALUES | owned)
        body = BODIES.get(name)
        answer = await service.client.request(method, f"{path}?{query}", headers=headers, json=body)
        problem = assert_problem(answer, 404, "not_found")
        unknown = template.format_map(PATH_VALUES | dict.fromkeys(owned, UNKNOWN))
        same = await service.client.request(
            method, f"{unknown}?{query}", headers=headers, json=body
        )
        same_problem = assert_problem(same, 404, "not_found")
        assert same_problem | {"request_id": problem["request_id"]} == problem


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_gets_403_on_every_route_of_dead_letters(
    service: Service, owned: dict[str, str], who: str
) -> None:
    headers, _ = await _stranger(service, who)
    paths = CONTRACT["paths"]
    templates = [path for path in paths if path.startswith("/v1/dead-letters")]
    assert len(templates) == 5
    for template in templates:
        for method in paths[template]:
            path = template.format(dead_letter_id=owned["image_id"])
            answer = await service.client.request(
                method, path, headers=headers, json={"filter": {}}
            )
            assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_lists_nothing(service: Service, owned: dict[str, str], who: str) -> None:
    headers, query = await _stranger(service, who)
    for path in ("/v1/jobs", "/v1/images"):
        answer = await service.client.get(f"{path}?{query}", headers=headers)
        assert answer.json() == {"items": []}


async def test_nobody_gets_anything_without_key(service: Service, owned: dict[str, str]) -> None:
    for method, template, _ in _routes():
        path = template.format_map(PATH_VALUES | owned)
        answer = await service.client.request(method, path, headers={"Authorization": ""})
        assert_problem(answer, 401, "unauthenticated")


async def test_service_key_sees_its_uploads_and_the_users_that_it_names(service: Service) -> None:
    key, other = await service.make_key("service"), await service.make_key("service")
    headers = authorization(key)
    own = (await service.send([("a.png", draw())], key=key, user_id="u1")).json()
    foreign = (await service.send([("a.png", draw())], key=other, user_id="u1")).json()
    unrelated = (await service.send([("a.png", draw())], key=other, user_id="u2")).json()

    async def listed(query: str) -> set[str]:
        answer = await service.client.get(f"/v1/jobs{query}", headers=headers)
        return {job["id"] for job in answer.json()["items"]}

    assert await listed("") == {own["id"]}
    assert await listed("?user_id=u1") == {own["id"], foreign["id"]}
    assert await listed("?user_id=u2") == {unrelated["id"]}
    path = f"/v1/jobs/{foreign['id']}"
    assert_problem(await service.client.get(path, headers=headers), 404, "not_found")
    assert (await service.client.get(f"{path}?user_id=u1", headers=headers)).is_success
    wrong_user = await service.client.get(f"{path}?user_id=u2", headers=headers)
    assert_problem(wrong_user, 404, "not_found")


async def test_client_key_sees_all_of_its_user_and_nothing_else(service: Service) -> None:
    headers = authorization(await service.make_key("client", "u1"))
    mine = [
        (await service.send([("a.png", draw())], user_id="u1")).json()["id"],
        (await service.send([("b.png", draw())], user_id="u1")).json()["id"],
    ]
    await service.send([("c.png", draw())], user_id="u2")
    for query in ("", "?user_id=u1"):
        jobs = (await service.client.get(f"/v1/jobs{query}", headers=headers)).json()["items"]
        assert [job["id"] for job in jobs] == mine[::-1]
        images = (await service.client.get(f"/v1/images{query}", headers=headers)).json()["items"]
        assert {image["job_id"] for image in images} == set(mine)


async def test_admin_sees_everything_or_one_user(service: Service) -> None:
    for user_id in ("u1", "u2"):
        await service.send([("a.png", draw())], user_id=user_id)
    jobs = (await service.client.get("/v1/jobs")).json()["items"]
    assert [job["user_id"] for job in jobs] == ["u2", "u1"]
    images = (await service.client.get("/v1/images?user_id=u1")).json()["items"]
    assert [image["user_id"] for image in images] == ["u1"]
