"""Running again what failed, and only that."""

import asyncio
from typing import Any

import pytest

from api.jobs.changes import ChangeJobs
from api.jobs.estimates import Estimates
from api.jobs.follow import FollowJob
from api.jobs.listeners import Listeners
from api.jobs.waiting import Waiting
from domain.claims import FinishedImage
from domain.dead_letters import DeadLetterFilter
from domain.errors.files import DecodeTimedOut
from domain.jobs import Status
from domain.keys import Scope
from domain.records import Cell, ItemError
from storage.ledger.retry import Reopened
from tests.access import ADMIN
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.times import moment
from tests.uploads import claim, finish

pytestmark = pytest.mark.one_service

BROKEN = ("half.jpg", draw(400, 300)[:3000])


async def end_badly(
    service: Service, job_id: str, *operations: str, succeeded: tuple[str, ...] = ()
) -> None:
    """Fail cells of a job's images as a worker would whose children ran out of time."""
    ledger = service.stores.ledger
    _, images = await claim(ledger, job_id, 0)
    error = ItemError(DecodeTimedOut.code, DecodeTimedOut.title)
    finished = []
    for image in images:
        cells = image.cells | dict.fromkeys(succeeded, Cell(Status.SUCCEEDED, version=1))
        cells |= dict.fromkeys(operations, Cell(Status.FAILED, error=error))
        finished.append(FinishedImage(image.id, image.fence, cells, error, image.claim_id))
    assert await finish(ledger, finished) == len(images)
    await ledger.settle(job_id)


async def retry(service: Service, job_id: str) -> dict[str, Any]:
    answer = await service.client.post(f"/v1/jobs/{job_id}/retry")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{job_id}"
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    job: dict[str, Any] = answer.json()
    return job


async def test_failed_job_succeeds_when_it_is_run_again(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw()), ("b.jpg", draw(seed=1))])).json()
    await end_badly(service, ticket["id"], *ticket["operations"])
    failed = (await service.client.get(f"/v1/jobs/{ticket['id']}")).json()
    assert failed["status"] == "failed"
    job = await retry(service, ticket["id"])
    assert (job["status"], job["finished_at"]) == ("queued", None)
    assert job["version"] > failed["version"]
    assert job["progress"] == {"done": 0, "failed": 0, "total": 10}
    for item in job["items"]:
        assert (item["status"], item["error"]) == ("queued", None)
        assert {cell["error"] for cell in item["operations"].values()} == {None}
    async with service.working():
        done = await service.job(job["id"])
    assert (done["status"], done["progress"]["done"]) == ("succeeded", 10)
    assert moment(done["finished_at"]) >= moment(failed["finished_at"])


async def test_only_failed_cells_run_again(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())], operations="faces,histogram")).json()
    await end_badly(service, ticket["id"], "faces", succeeded=("histogram",))
    job = await retry(service, ticket["id"])
    cells = job["items"][0]["operations"]
    assert {name: cell["status"] for name, cell in cells.items()} == {
        "faces": "queued",
        "histogram": "succeeded",
    }
    assert (job["status"], job["progress"]["done"]) == ("processing", 1)
    _, (image,) = await claim(service.stores.ledger, ticket["id"], 0)
    assert image.operations == ("faces",)


async def test_file_that_is_broken_fails_again(working_service: Service) -> None:
    first = await working_service.process([BROKEN, ("a.jpg", draw())])
    assert first["status"] == "partial"
    await retry(working_service, first["id"])
    again = await working_service.job(first["id"])
    assert again["items"] == first["items"]
    assert (again["status"], again["progress"]) == ("partial", first["progress"])
    assert moment(again["finished_at"]) > moment(first["finished_at"])


async def test_nothing_to_retry_where_nothing_failed(working_service: Service) -> None:
    succeeded = await working_service.process([("a.jpg", draw())])
    refused = await working_service.process([("a.txt", b"text")])
    for job in (succeeded, refused):
        answer = await working_service.client.post(f"/v1/jobs/{job['id']}/retry")
        assert_problem(answer, 409, "nothing_to_retry")
        assert (await working_service.client.get(f"/v1/jobs/{job['id']}")).json() == job


async def test_nothing_to_retry_while_nothing_has_ended(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()
    answer = await service.client.post(f"/v1/jobs/{ticket['id']}/retry")
    assert_problem(answer, 409, "nothing_to_retry")


async def test_canceled_cells_stay_canceled(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()
    await service.client.delete(f"/v1/jobs/{ticket['id']}")
    answer = await service.client.post(f"/v1/jobs/{ticket['id']}/retry")
    assert_problem(answer, 409, "nothing_to_retry")
    assert (await service.client.get(f"/v1/jobs/{ticket['id']}")).json()["status"] == "canceled"


async def test_job_that_runs_again_can_be_canceled(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())], operations="faces,histogram")).json()
    await end_badly(service, ticket["id"], "faces", succeeded=("histogram",))
    await retry(service, ticket["id"])
    job = (await service.client.delete(f"/v1/jobs/{ticket['id']}")).json()
    cells = job["items"][0]["operations"]
    assert (cells["faces"]["status"], cells["histogram"]["status"]) == ("canceled", "succeeded")
    assert job["status"] == "canceled"


async def test_of_two_at_the_same_moment_one_wins(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw(seed=n)) for n in range(20)])).json()
    await end_badly(service, ticket["id"], *ticket["operations"])
    path = f"/v1/jobs/{ticket['id']}/retry"
    answers = await asyncio.gather(*(service.client.post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    images = service.stores.database["images"]
    assert await images.distinct("hint") == [1]


async def test_hints_are_numbered_on_and_attempts_begin_anew(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()
    images = service.stores.database["images"]
    await images.update_one({}, {"$set": {"hint": 7, "gave_up_at": "a while ago"}})
    await end_badly(service, ticket["id"], *ticket["operations"])
    reopened = await service.stores.retry.reopen_images([ticket["items"][0]["image_id"]])
    (hint,) = reopened.hints
    assert (hint.job_id, hint.chunk, hint.number) == (ticket["id"], 0, 8)
    image = await images.find_one()
    assert image is not None
    assert (image["status"], image["attempts"], image["hint"]) == ("queued", 0, 8)
    assert not {"error", "finished_at", "gave_up_at", "lease"} & image.keys()
    job = await service.stores.jobs.get(ticket["id"], Scope())
    assert (job.status, job.finished_at) == (Status.QUEUED, None)
    assert await service.stores.retry.reopen_images(["nothing"]) == Reopened()


async def test_only_who_sees_a_job_can_retry_it(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    await end_badly(service, ticket["id"], *ticket["operations"])
    path = f"/v1/jobs/{ticket['id']}/retry"
    other = authorization(await service.make_key("client", "u2"))
    assert_problem(await service.client.post(path, headers=other), 404, "not_found")
    owner = authorization(await service.make_key("client", "u1"))
    assert (await service.client.post(path, headers=owner)).status_code == 202


async def test_images_that_are_queued_already_are_not_counted_as_retried(
    service: Service,
) -> None:
    files = [(f"{number}.jpg", draw(seed=number)) for number in range(3)]
    job = (await service.send(files)).json()
    await end_badly(service, job["id"], *job["operations"])
    letters = await service.stores.dead_letters.list_page(DeadLetterFilter(), 10)
    assert len(letters) == 3
    await service.stores.retry.reopen_images([letters[0].image_id])
    estimates = Estimates(service.stores)
    rules = service.settings.rules
    waiting = Waiting(service.stores, Listeners(service.settings.listeners))
    follow_job = FollowJob(service.stores, waiting, estimates, rules)
    assert await ChangeJobs(service.stores, follow_job).retry_letters(letters, ADMIN) == 2
