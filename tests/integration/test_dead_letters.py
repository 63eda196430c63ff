"""Dead letters over HTTP: what was given up is listed with its reasons, retried, or discarded."""

from typing import Any

import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import CONTRACT
from tests.service import Service, authorization
from tests.times import moment

pytestmark = pytest.mark.one_service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
# No picture can be worked on in this time.
NO_TIME: dict[str, object] = {"max_seconds": 1e-6}
CORRUPT = ("broken.png", draw(kind="PNG")[:200])


async def give_up(service: Service, count: int = 1, **fields: str) -> list[dict[str, Any]]:
    """Send pictures to a worker that gives them up; gives their letters, in upload order."""
    files = [(f"{n}.jpg", draw(seed=n)) for n in range(count)]
    async with service.working(**NO_TIME):
        job = await service.process(files, **fields)
    assert job["status"] == "failed"
    return [await _letter(service, item["image_id"]) for item in job["items"]]


async def _letter(service: Service, image_id: str) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/dead-letters/{image_id}")
    assert answer.status_code == 200, answer.text
    letter: dict[str, Any] = answer.json()
    return letter


async def _listed(service: Service, query: str = "") -> list[str]:
    answer = await service.client.get(f"/v1/dead-letters{query}")
    assert answer.status_code == 200, answer.text
    return [letter["image_id"] for letter in answer.json()["items"]]


async def test_letter_says_what_was_given_up_and_why(service: Service) -> None:
    (letter,) = await give_up(service, user_id="u1", operations="metadata,faces")
    assert letter["filename"] == "0.jpg"
    assert letter["user_id"] == "u1"
    assert letter["format"] == "jpeg"
    assert letter["bytes"] == len(draw(seed=0))
    assert letter["operations"] == ["metadata", "faces"]
    assert letter["error"]["code"] == "decode_timed_out"
    (attempt,) = letter["attempts"]
    assert attempt["reason"] == "decode_timed_out"
    host, pid = attempt["worker"].rsplit(":", 1)
    assert host
    assert pid.isdigit()
    assert moment(attempt["at"]) <= moment(letter["gave_up_at"])
    assert await service.stores.dead_letters.count() == 1


async def test_damaged_or_refused_file_is_no_dead_letter(working_service: Service) -> None:
    job = await working_service.process([CORRUPT, ("a.txt", b"text"), ("a.png", draw())])
    assert job["status"] == "partial"
    assert await _listed(working_service) == []
    image_id = job["items"][0]["image_id"]
    answer = await working_service.client.get(f"/v1/dead-letters/{image_id}")
    assert_problem(answer, 404, "not_found")


async def test_lists_newest_first_in_pages_and_filters(service: Service) -> None:
    first = [letter["image_id"] for letter in await give_up(service, 2, user_id="u1")]
    letters = await give_up(service, 3, user_id="u2")
    newest_first = [letter["image_id"] for letter in letters][::-1] + first[::-1]
    assert await _listed(service) == newest_first
    found: list[str] = []
    page = (await service.client.get("/v1/dead-letters?limit=2")).json()
    found += [letter["image_id"] for letter in page["items"]]
    while "next_cursor" in page:
        path = f"/v1/dead-letters?limit=2&cursor={page['next_cursor']}"
        page = (await service.client.get(path)).json()
        found += [letter["image_id"] for letter in page["items"]]
    assert found == newest_first
    assert await _listed(service, "?user_id=u1") == first[::-1]
    assert await _listed(service, f"?job_id={letters[0]['job_id']}") == newest_first[:3]
    assert await _listed(service, "?code=decode_timed_out") == newest_first
    assert await _listed(service, "?code=decoder_died&user_id=u1") == []
    answer = await service.client.get("/v1/dead-letters?code=corrupt_image")
    assert_problem(answer, 422, "invalid_value")


async def test_retry_runs_what_failed_again(service: Service) -> None:
    (letter,) = await give_up(service)
    path = f"/v1/dead-letters/{letter['image_id']}"
    answer = await service.client.post(f"{path}/retry")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{letter['job_id']}"
    assert answer.json()["id"] == letter["job_id"]
    assert answer.json()["status"] == "queued"
    assert_problem(await service.client.get(path), 404, "not_found")
    assert_problem(await service.client.post(f"{path}/retry"), 404, "not_found")
    async with service.working():
        job = await service.job(letter["job_id"])
    assert job["status"] == "succeeded"
    assert await _listed(service) == []


async def test_letter_comes_back_when_the_retry_fails_too(service: Service) -> None:
    (letter,) = await give_up(service)
    await service.client.post(f"/v1/dead-letters/{letter['image_id']}/retry")
    async with service.working(**NO_TIME):
        await service.job(letter["job_id"])
    again = await _letter(service, letter["image_id"])
    assert moment(again["gave_up_at"]) > moment(letter["gave_up_at"])
    assert again["attempts"][0] == letter["attempts"][0]
    assert len(again["attempts"]) == 2


async def test_discarded_letter_is_gone_and_its_image_stays_failed(service: Service) -> None:
    (letter,) = await give_up(service)
    path = f"/v1/dead-letters/{letter['image_id']}"
    assert (await service.client.delete(path)).status_code == 204
    for method in ("GET", "DELETE"):
        assert_problem(await service.client.request(method, path), 404, "not_found")
    image = (await service.client.get(f"/v1/images/{letter['image_id']}")).json()
    assert image["status"] == "failed"
    assert image["error"]["code"] == "decode_timed_out"
    answer = await service.client.post(f"/v1/jobs/{letter['job_id']}/retry")
    assert answer.status_code == 202, "what was discarded can still be retried by its owner"


async def test_owner_retries_a_job_and_the_letter_is_gone(service: Service) -> None:
    (letter,) = await give_up(service)
    await service.client.post(f"/v1/jobs/{letter['job_id']}/retry")
    assert await _listed(service) == []
    async with service.working():
        assert (await service.job(letter["job_id"]))["status"] == "succeeded"


async def test_retries_many_by_id_and_skips_what_is_none(service: Service) -> None:
    one, two, three = await give_up(service, 3)
    ids = [one["image_id"], three["image_id"], three["image_id"], UNKNOWN]
    answer = await service.client.post("/v1/dead-letters/retry", json={"ids": ids})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"retried": 2, "skipped": 1, "left": 0}
    assert await _listed(service) == [two["image_id"]]
    async with service.working():
        job = await service.job(one["job_id"])
    assert [item["status"] for item in job["items"]] == ["succeeded", "failed", "succeeded"]


async def test_retries_many_jobs_by_filter(service: Service) -> None:
    jobs = [(await give_up(service, 2, user_id=user))[0]["job_id"] for user in ("u1", "u2", "u1")]
    chosen = {"filter": {"user_id": "u1", "code": "decode_timed_out"}}
    answer = await service.client.post("/v1/dead-letters/retry", json=chosen)
    assert answer.json() == {"retried": 4, "skipped": 0, "left": 0}
    async with service.working():
        assert (await service.job(jobs[0]))["status"] == "succeeded"
        assert (await service.job(jobs[2]))["status"] == "succeeded"
    assert len(await _listed(service, "?user_id=u2")) == 2


async def test_discards_many(service: Service) -> None:
    one, two, _ = await give_up(service, 3)
    route = "/v1/dead-letters/discard"
    answer = await service.client.post(route, json={"ids": [one["image_id"], UNKNOWN]})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"discarded": 1, "skipped": 1, "left": 0}
    answer = await service.client.post(route, json={"filter": {"job_id": two["job_id"]}})
    assert answer.json() == {"discarded": 2, "skipped": 0, "left": 0}
    assert await _listed(service) == []
    assert await service.count("images") == 3


async def test_call_takes_so_many_and_says_what_is_left(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.jobs.dead_letters.MAX_CHOSEN", 2)
    await give_up(service, 3)
    for done, left in ((2, 1), (1, 0), (0, 0)):
        answer = await service.client.post("/v1/dead-letters/discard", json={"filter": {}})
        assert answer.json() == {"discarded": done, "skipped": 0, "left": left}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": [], "filter": {}},
        {"filter": {"code": "corrupt_image"}},
        {"filter": {"colour": "red"}},
        {"ids": "all"},
        {"ids": ["x" * 65]},
        {"ids": [UNKNOWN] * 1001},
    ],
)
@pytest.mark.parametrize("action", ["retry", "discard"])
async def test_choice_that_cannot_be_used_is_refused(
    service: Service, action: str, body: dict[str, Any]
) -> None:
    answer = await service.client.post(f"/v1/dead-letters/{action}", json=body)
    assert_problem(answer, 422, "invalid_value")


async def test_new_upload_of_poison_fails_at_once_until_an_admin_retries(
    service: Service,
) -> None:
    (letter,) = await give_up(service)
    same, less = ("same.jpg", draw(seed=0)), ("less.jpg", draw(seed=0))
    async with service.working():
        job = await service.process([same])
        assert job["items"][0]["error"]["code"] == "decode_timed_out"
        known = await _letter(service, job["items"][0]["image_id"])
        assert [attempt["reason"] for attempt in known["attempts"]] == ["known_poison"]
        part = await service.process([less], operations="metadata")
        assert part["status"] == "succeeded", "a part of what was given up may do no harm"
        await service.client.post(f"/v1/dead-letters/{letter['image_id']}/retry")
        assert (await service.job(letter["job_id"]))["status"] == "succeeded"
        assert (await service.process([same]))["status"] == "succeeded"


async def test_owner_who_retries_poison_has_it_tried_for_real(service: Service) -> None:
    await give_up(service)
    async with service.working():
        job = await service.process([("same.jpg", draw(seed=0))])
        assert job["status"] == "failed"
        await service.client.post(f"/v1/jobs/{job['id']}/retry")
        assert (await service.job(job["id"]))["status"] == "succeeded"


async def test_poison_is_forgotten_in_time(service: Service) -> None:
    await give_up(service)
    async with service.working(poison_seconds=0):
        job = await service.process([("same.jpg", draw(seed=0))])
    assert job["status"] == "succeeded"


@pytest.mark.parametrize(("role", "user_id"), [("service", None), ("client", "u1")])
async def test_only_admins_see_dead_letters(
    service: Service, role: str, user_id: str | None
) -> None:
    (letter,) = await give_up(service, user_id="u1")
    headers = authorization(await service.make_key(role, user_id))
    paths = CONTRACT["paths"]
    routes = [
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/v1/dead-letters")
    ]
    assert len(routes) == 6
    body: dict[str, Any] = {"filter": {}}
    for method, path in routes:
        for image_id in (letter["image_id"], UNKNOWN):
            route = path.format(dead_letter_id=image_id)
            answer = await service.client.request(method, route, headers=headers, json=body)
            assert_problem(answer, 403, "forbidden")
            nobody = {"Authorization": ""}
            answer = await service.client.request(method, route, headers=nobody, json=body)
            assert_problem(answer, 401, "unauthenticated")
    assert await _letter(service, letter["image_id"]) == letter
