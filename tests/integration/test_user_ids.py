"""User IDs: one rule for all routes; every ID that is accepted can be asked for and deleted."""

from urllib.parse import quote

import pytest

from minilab_client import AuthenticatedClient
from minilab_client.api.histograms import list_similar_users, list_user_histograms
from minilab_client.api.users import delete_user
from minilab_client.models import ImageHistogramPage as Page
from minilab_client.models import Similar
from storage.mongo.client import DURABLE
from tests.multipart_bodies import CONTENT_TYPE, body_of, field_part, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization

pytestmark = pytest.mark.one_service

GOOD = [
    "a/b",
    "/",
    "a//b/",
    "a b",
    "ü",
    "a%2Fb",
    "?x",
    "#",
    "a+b",
    "写真",
    "...",
    "a\\b",
    "u" * 128,
]
BAD = ["", ".", "..", " a", "a ", "\x00", "a\nb", "\u202ea", "\u200d", "u" * 129, "\x1f"]


async def test_every_accepted_id_can_be_read_and_deleted(working_service: Service) -> None:
    service = working_service
    url = str(service.client.base_url)
    for user_id in GOOD:
        body = body_of(file_part(draw(32, 24)), field_part("user_id", user_id.encode()))
        headers = {"Content-Type": CONTENT_TYPE, "Prefer": "wait=30"}
        job = await service.client.post("/v1/jobs", content=body, headers=headers)
        assert job.json()["user_id"] == user_id, job.text
        await service.job(job.json()["id"])
        client = await service.make_key("client", user_id)
        link = await service.make_link(user_id=user_id)
        assert link["user_id"] == user_id
        own = await service.client.get("/v1/images", headers=authorization(client))
        named = await service.client.get("/v1/images", params={"user_id": user_id})
        assert len(own.json()["items"]) == len(named.json()["items"]) == 1
        path = f"/v1/users/{quote(user_id, safe='')}"
        week = await service.client.get(f"{path}/histograms", headers=authorization(client))
        assert len(week.json()["items"]) == 1, user_id
        assert (await service.client.get(f"{path}/similar")).status_code == 200
    async with AuthenticatedClient(base_url=url, token=ADMIN_KEY) as sdk:
        for user_id in GOOD:
            assert isinstance(await list_user_histograms.asyncio(user_id, client=sdk), Page)
            assert isinstance(await list_similar_users.asyncio(user_id, client=sdk), Similar)
            assert (await delete_user.asyncio_detailed(user_id, client=sdk)).status_code == 202


async def test_ids_that_urls_or_forms_would_change_are_refused(refusing: Service) -> None:
    for user_id in BAD:
        body = body_of(file_part(draw(200, 100)), field_part("user_id", user_id.encode()))
        headers = {"Content-Type": CONTENT_TYPE}
        if user_id:  # An empty field counts as none.
            answer = await refusing.client.post("/v1/jobs", content=body, headers=headers)
            assert_problem(answer, 422, "invalid_value")
        key = {"role": "client", "user_id": user_id}
        assert_problem(await refusing.client.post("/v1/api-keys", json=key), 422, "invalid_value")
        link = {"expires_in": 60, "user_id": user_id}
        answer = await refusing.client.post("/v1/upload-links", json=link)
        assert_problem(answer, 422, "invalid_value")


async def test_users_from_before_can_still_be_read(service: Service) -> None:
    jobs = service.stores.database["jobs"].with_options(write_concern=DURABLE)
    for user_id in ("..", " a"):
        job = (await service.send([("a.jpg", draw())], user_id="before")).json()
        await jobs.update_one({"_id": job["id"]}, {"$set": {"user_id": user_id}})
        listed = await service.client.get("/v1/jobs", params={"user_id": user_id})
        assert [one["id"] for one in listed.json()["items"]] == [job["id"]]
