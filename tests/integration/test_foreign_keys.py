"""A walk through the whole contract with the keys of strangers: nothing of another is shown.

Every operation has its place in :data:`EXPECTED`; one that is new fails the walk until it has.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest

from tests import routes
from tests.pictures import draw
from tests.problems import assert_problem
from tests.resumable import Tus
from tests.routes import CONTRACT, PATH_VALUES
from tests.service import Service, authorization
from tests.webhooks import make_webhook

pytestmark = pytest.mark.one_service

OWNER = "owner-7f3ac1"
FILENAME = "holiday-9b2e41.png"
PICTURE = draw(kind="PNG")

# What an operation answers to who asks with the IDs of another.
NAMED = "not found"
LIST = "nothing of it listed"
ARCHIVE = "an archive without files"
ADMIN = "for admins only"
UPLOAD = "a job of one's own"
OWN = "something of one's own"
OPEN = "the same for all"
LINK = "for links only"
MANAGED = "not for client keys; nothing of it listed"
MANAGED_ONE = "not for client keys; not found"
MANAGED_OWN = "not for client keys; something of one's own"
USER = "not found; for a key of all users, one of its own"
OWN_USER = "nothing of it known; a service key must name a user"
ALL_USERS = "not for client keys"
ALIKE = "not for client keys; nothing is like a user without images"
EXPECTED = {
    "getHealth": OPEN,
    "getReadiness": OPEN,
    "getMetrics": OPEN,
    "getCapabilities": OPEN,
    "createJob": UPLOAD,
    "createJobFromFile": UPLOAD,
    "createJobFromUrls": UPLOAD,
    "createJobFromUploads": NAMED,
    "detectFaces": UPLOAD,
    "listJobs": LIST,
    "getJob": NAMED,
    "updateJob": NAMED,
    "cancelJob": NAMED,
    "retryJob": NAMED,
    "listImages": LIST,
    "findKnownImages": OWN_USER,
    "getImage": NAMED,
    "updateImage": NAMED,
    "setLabel": NAMED,
    "removeLabel": NAMED,
    # tests/integration/test_labels.py has a stranger name the images of another.
    "setLabels": OWN,
    "downloadImages": ARCHIVE,
    "downloadJob": NAMED,
    "downloadUploadLink": MANAGED_ONE,
    "deleteImage": NAMED,
    "getImageContent": NAMED,
    "getImageHistogram": NAMED,
    "getImageContentUrl": NAMED,
    "createApiKey": MANAGED_OWN,
    "listApiKeys": MANAGED,
    "getApiKey": MANAGED_ONE,
    "revokeApiKey": MANAGED_ONE,
    "createUploadLink": MANAGED_OWN,
    "listUploadLinks": MANAGED,
    "getUploadLink": MANAGED_ONE,
    "revokeUploadLink": MANAGED_ONE,
    "createLinkUpload": LINK,
    "createLinkUploadFromUploads": LINK,
    "createResumableUpload": OWN,
    "getResumableUpload": NAMED,
    "continueResumableUpload": NAMED,
    "deleteResumableUpload": NAMED,
    "getLinkUploads": LINK,
    "getLinkJob": LINK,
    "getLinkJobEventsUrl": LINK,
    # A client of these shows the token in the path, which here belongs to no link and no URL.
    "createLinkUploadByUrl": NAMED,
    "getLinkJobByUrl": NAMED,
    "getSignedContent": NAMED,
    "streamSignedEvents": NAMED,
    "getLinkResult": NAMED,
    "deleteUser": USER,
    "getStatistics": ADMIN,
    "listUserHistograms": USER,
    "getMedianHistogram": ALL_USERS,
    "listSimilarUsers": ALIKE,
    "listDeadLetters": ADMIN,
    "getDeadLetter": ADMIN,
    "retryDeadLetter": ADMIN,
    "discardDeadLetter": ADMIN,
    "retryDeadLetters": ADMIN,
    "discardDeadLetters": ADMIN,
    "createBatch": ADMIN,
    "listBatches": ADMIN,
    "getBatch": ADMIN,
    "cancelBatch": ADMIN,
    "streamJobEvents": NAMED,
    "getJobEventsUrl": NAMED,
    "streamLinkJobEvents": LINK,
    "createWebhook": OWN,
    "listWebhooks": LIST,
    "getWebhook": NAMED,
    "updateWebhook": NAMED,
    "deleteWebhook": NAMED,
    "rotateWebhookSecret": NAMED,
    "testWebhook": NAMED,
    "listDeliveries": NAMED,
    "getDelivery": NAMED,
    "redeliver": NAMED,
    "redeliverFailed": NAMED,
    "rotateApiKeyWebhookSecret": ADMIN,
    "releaseWebhooks": ADMIN,
    "listAuditEntries": ADMIN,
    "listModels": ADMIN,
    "getModel": ADMIN,
    "getModelDrift": ADMIN,
    "getModelVersion": ADMIN,
    "trainModel": ADMIN,
    "promoteModelVersion": ADMIN,
}
BODIES = routes.BODIES | {
    "createApiKey": {"role": "admin"},
    "findKnownImages": {"sha256": [hashlib.sha256(PICTURE).hexdigest()]},
}
# Role and user of a key, and the user that its requests name.
STRANGERS = {
    "client": ("client", "stranger", None),
    "client naming the owner": ("client", "stranger", OWNER),
    "service": ("service", None, None),
    "service naming another": ("service", None, "stranger"),
}

OWNS = ["api_key.created", "upload_link.created", "webhook.created"]
"""What the owner does; a stranger does nothing to what is the owner's."""

Operation = dict[str, Any]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


async def _operations(service: Service) -> list[tuple[str, str, Operation]]:
    paths = CONTRACT["paths"]
    return [
        (method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def _queries(operation: Operation, user_id: str | None) -> Iterator[dict[str, str]]:
    """Give every combination of what the parameters of an operation list as their values."""
    choices: dict[str, list[str | None]] = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "query":
            continue
        if parameter["name"] == "user_id":
            choices["user_id"] = [user_id]
            continue
        text = parameter["schema"]
        values = [
            value for part in [text, *text.get("oneOf", [])] for value in part.get("enum", [])
        ]
        choices[parameter["name"]] = [None, *values]
    for chosen in product(*choices.values()):
        yield {name: value for name, value in zip(choices, chosen, strict=True) if value}


async def _owned(service: Service, key: str) -> dict[str, str]:
    """Upload as the owner; gives what paths may name."""
    files = [(FILENAME, PICTURE), ("broken.png", PICTURE[:100])]
    headers = authorization(key) | {"Idempotency-Key": "k1", "Prefer": "wait=30"}
    parts = [("file", file) for file in files]
    job = (await service.client.post("/v1/jobs", files=parts, headers=headers)).json()
    assert (await service.job(job["id"]))["status"] == "partial"
    image_id = job["items"][0]["image_id"]
    (kept,) = (await service.client.get("/v1/api-keys")).json()["items"]
    link = await service.make_link(user_id=OWNER)
    webhook = await make_webhook(service, key)
    test = await service.client.post(
        f"/v1/webhooks/{webhook['id']}/test", headers=authorization(key)
    )
    return {
        "upload_id": await Tus(service.client, key).upload(PICTURE, FILENAME),
        "webhook_id": webhook["id"],
        "delivery_id": test.json()["id"],
        "link_id": link["id"],
        "token": "mll_no-link-has-this",
        "job_id": job["id"],
        "image_id": image_id,
        "dead_letter_id": image_id,
        "user_id": OWNER,
        "batch_id": image_id,
        "key_id": kept["id"],
    }


async def _everything(service: Service) -> list[Any]:
    names = (
        "jobs",
        "images",
        "api_keys",
        "upload_links",
        "blobs.files",
        "variants.files",
        "webhook_endpoints",
        "webhook_key_secrets",
        "events",
        "deliveries",
        "resumable_uploads",
        "batches",
        "models",
        "labels",
    )
    return [
        document
        for name in names
        # The statistics are counted, and uses of keys written, when there is time for it.
        async for document in service.stores.database[name]
        .find({}, {"uncounted": 0, "last_used_at": 0})
        .sort("_id", 1)
    ]


def _assert_tells_nothing(answer: httpx.Response, owned: dict[str, str]) -> None:
    told = answer.text + repr(answer.headers)
    for secret in (OWNER, FILENAME, *owned.values()):
        assert secret not in told, answer.url


def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    if answer.request.method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
    else:
        assert_problem(answer, status, code)


async def _upload(
    service: Service, path: str, headers: dict[str, str], user_id: str | None
) -> httpx.Response:
    fields = {"user_id": user_id} if user_id else {}
    sent = headers | {"Idempotency-Key": "k1"}
    if path.endswith("/urls"):  # An address that is refused at once.
        body = {"urls": ["https://10.0.0.1/own.png"]} | fields
        sent = headers | {"Idempotency-Key": "k2"}
        return await service.client.post(path, json=body, headers=sent)
    if path.endswith("/file"):
        sent |= {"Content-Type": "image/png", "Content-Disposition": "inline; filename=own.png"}
        return await service.client.post(path, content=PICTURE, params=fields, headers=sent)
    files = [("file", ("own.png", PICTURE))]
    return await service.client.post(path, files=files, data=fields, headers=sent)


async def test_every_operation_has_its_place_in_the_walk(service: Service) -> None:
    operations = {operation["operationId"] for _, _, operation in await _operations(service)}
    assert operations == EXPECTED.keys()


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_gets_nothing_of_another(working_service: Service, who: str) -> None:
    service, (role, own_user, named) = working_service, STRANGERS[who]
    owned = await _owned(service, await service.make_key("client", OWNER))
    headers = authorization(await service.make_key(role, own_user))
    before = await _everything(service)
    for method, template, operation in await _operations(service):
        name = operation["operationId"]
        if EXPECTED[name] in {UPLOAD, OWN} or (EXPECTED[name], role) == (MANAGED_OWN, "service"):
            continue
        body = BODIES.get(name)
        if EXPECTED[name] == OWN_USER and named is not None:
            body = BODIES[name] | {"user_id": named}
        if name == "createJobFromUploads":
            own = {"user_id": "stranger"} if role == "service" else {}
            body = {"uploads": [owned["upload_id"]]} | own
        # A service key speaks for every user that it names.
        user_id = OWNER if role == "client" else "stranger"
        # The filters of archives are those of listImages.
        filters = {} if EXPECTED[name] == ARCHIVE else operation
        for query in _queries(filters, named):
            path = template.format_map(PATH_VALUES | owned | {"user_id": user_id})
            sent = headers | routes.required_headers(operation)
            answer = await service.client.request(
                method, path, params=query, headers=sent, json=body
            )
            _assert_tells_nothing(answer, owned)
            match EXPECTED[name]:
                case "not found":
                    _assert_problem(answer, 404, "not_found")
                case "for admins only":
                    assert_problem(answer, 403, "forbidden")
                case "not found; for a key of all users, one of its own" if user_id == OWNER:
                    assert_problem(answer, 404, "not_found")
                case "for links only":
                    assert_problem(answer, 401, "unauthenticated")
                case expected if expected.startswith("not for client keys") and role == "client":
                    assert_problem(answer, 403, "forbidden")
                case "not for client keys; not found":
                    assert_problem(answer, 404, "not_found")
                case "not for client keys; nothing of it listed":
                    assert answer.json() in ({"items": []}, {"items": [], "total": 0})
                case "not for client keys; nothing is like a user without images":
                    assert_problem(answer, 404, "not_found")
                case "nothing of it known; a service key must name a user" if (
                    role == "service" and named is None
                ):
                    assert_problem(answer, 422, "user_required")
                case "an archive without files":
                    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                        assert archive.namelist() == ["manifest.json"]
                case expected if expected in {LIST, OWN_USER}:
                    assert answer.json() in ({"items": []}, {"items": [], "total": 0})
                case _:
                    assert answer.is_success
    assert await _everything(service) == before
    about_owned = {"target_id": {"$in": list(owned.values())}, "action": {"$not": {"$in": OWNS}}}
    assert await service.stores.database["audit"].count_documents(about_owned) == 0


@pytest.mark.parametrize("who", STRANGERS)
async def test_stranger_who_uploads_the_same_learns_nothing(
    working_service: Service, who: str
) -> None:
    service, (role, own_user, named) = working_service, STRANGERS[who]
    owned = await _owned(service, await service.make_key("client", OWNER))
    headers = authorization(await service.make_key(role, own_user))
    for _, path, operation in await _operations(service):
        if EXPECTED[operation["operationId"]] != UPLOAD:
            continue
        answer = await _upload(service, path, headers, named)
        _assert_tells_nothing(answer, owned)
        if named == OWNER:
            assert_problem(answer, 403, "forbidden")
        elif role == "service" and named is None:
            assert_problem(answer, 422, "user_required")
        else:
            assert answer.status_code == 202
            job = await service.job(answer.json()["id"])
            assert job["user_id"] == "stranger"
            assert job["items"][0]["duplicate_of"] not in owned.values()


async def test_nobody_gets_anything_without_a_key(working_service: Service) -> None:
    service = working_service
    owned = await _owned(service, await service.make_key("client", OWNER))
    before = await _everything(service)
    for method, template, operation in await _operations(service):
        name = operation["operationId"]
        answer = await service.client.request(
            method,
            template.format_map(PATH_VALUES | owned),
            headers={"Authorization": ""} | routes.required_headers(operation),
            json=BODIES.get(name),
        )
        _assert_tells_nothing(answer, owned)
        if "{token}" in template:
            assert_problem(answer, 404, "not_found")
        elif name not in {"getHealth", "getReadiness", "getMetrics"}:
            _assert_problem(answer, 401, "unauthenticated")
    assert await _everything(service) == before


@pytest.mark.parametrize("user_id", [None, OWNER], ids=["of its own user", "of the owner"])
async def test_link_opens_its_own_routes_alone_and_shows_its_own_uploads_alone(
    working_service: Service, user_id: str | None
) -> None:
    service = working_service
    owned = await _owned(service, await service.make_key("client", OWNER))
    made = await service.make_link(user_id=user_id)
    of_owner = await service.make_link(user_id=OWNER)
    upload = await service.send([(FILENAME, PICTURE)], route="/v1/uploads", key=of_owner["token"])
    await service.job(upload.json()["id"])
    before = await _everything(service)
    for job_id in (owned["job_id"], upload.json()["id"]):
        named = owned | {"token": made["token"], "job_id": job_id}
        for method, template, operation in await _operations(service):
            name, expected = operation["operationId"], EXPECTED[operation["operationId"]]
            if "uploads" in template and method == "POST":
                continue
            for query in _queries(operation, user_id):
                answer = await service.client.request(
                    method,
                    template.format_map(PATH_VALUES | named),
                    params=query,
                    headers=authorization(made["token"]) | routes.required_headers(operation),
                    json=BODIES.get(name),
                )
                _assert_tells_nothing(answer, owned | {"job_id": upload.json()["id"]})
                if name == "getLinkUploads":
                    assert answer.json()["items"] == []
                elif "{token}" in template or "/tus" in template or EXPECTED[name] is LINK:
                    _assert_problem(answer, 404, "not_found")
                elif name not in {"getHealth", "getReadiness", "getMetrics"}:
                    assert_problem(answer, 401, "unauthenticated")
                else:
                    assert expected == OPEN
    assert await _everything(service) == before


async def test_link_of_an_owner_learns_nothing_from_an_upload(working_service: Service) -> None:
    service = working_service
    owned = await _owned(service, await service.make_key("client", OWNER))
    made = await service.make_link(user_id=OWNER)
    answer = await _upload(service, "/v1/uploads", authorization(made["token"]), None)
    assert answer.status_code == 202
    _assert_tells_nothing(answer, owned)
    assert answer.json()["items"][0]["duplicate_of"] is None
