"""The contract: served as committed, complete, and true when its examples are sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from api.contract.config import DOCUMENT
from api.pages.assets.registry import ASSETS
from domain.errors.capacity import Overloaded
from domain.errors.catalogue import ERRORS
from domain.errors.files import FileRefused
from domain.webhooks.endpoints import DisabledReason
from domain.webhooks.events import EventType
from openapi.property_examples import is_shown
from openapi.write_document import COLLECTION as POSTMAN
from openapi.write_document import contract
from tests.image_documents import give_up
from tests.pictures import draw
from tests.resumable import Tus
from tests.service import ADMIN_KEY, Service, authorization
from tests.trained_models import store_model
from tests.webhooks import announce, deliveries_of, make_webhook

Operation = dict[str, Any]
Schema = dict[str, Any]
CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS: list[tuple[str, str, Operation]] = [
    (path, method, operation)
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
]
COLLECTION: dict[str, Any] = json.loads(POSTMAN.read_text())
COLLECTED: dict[str, dict[str, Any]] = {
    item["id"]: item["request"] for folder in COLLECTION["item"] for item in folder["item"]
}
OPEN_ROUTES = {"/healthz", "/readyz", "/metrics"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Give the name, schema and value of every example of an answer."""
    for _, _, operation in OPERATIONS:
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    name = f"{operation['operationId']} {status}"
                    yield name, content["schema"], example["value"]


def check(value: object, schema: dict[str, Any]) -> None:
    """Fail unless a value is what a schema of the contract admits."""
    whole = schema | {"components": CONTRACT["components"]}
    Draft202012Validator(whole).validate(value)


async def test_committed_document_is_served_to_the_byte(service: Service) -> None:
    answer = await service.client.get("/openapi.json")
    assert answer.content == DOCUMENT.read_bytes()


def test_committed_document_is_what_the_code_says() -> None:
    assert contract() == DOCUMENT.read_bytes()


@pytest.mark.slow
def test_document_is_valid() -> None:
    # It imports jsonschema, which builds 38 grammars: 2 s, in each process of a run.
    from openapi_spec_validator import validate

    validate(CONTRACT)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_is_complete(path: str, method: str, operation: Operation) -> None:
    assert operation["operationId"]
    assert operation["tags"]
    assert operation["summary"]
    assert operation["description"]
    if path not in OPEN_ROUTES:
        # Where a token in the path is the key, a wrong one is a 404.
        refused = "404" if "{token}" in path else "401"
        assert {refused, "503"} <= operation["responses"].keys()
    inputs = [
        *(parameter["schema"] for parameter in operation.get("parameters", [])),
        *operation.get("requestBody", {}).get("content", {}).values(),
    ]
    outputs = [
        content
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
    ]
    assert any("examples" in part for part in inputs + outputs), method


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "schema", "value"), list(examples()))
def test_examples_of_answers_fit_their_schemas(name: str, schema: Any, value: Any) -> None:
    check(value, schema)


def test_every_event_is_a_webhook_with_a_schema_and_an_example() -> None:
    assert CONTRACT["webhooks"].keys() == set(EventType)
    for type_, webhook in CONTRACT["webhooks"].items():
        content = webhook["post"]["requestBody"]["content"]["application/json"]
        schema = CONTRACT["components"]["schemas"][content["schema"]["$ref"].split("/")[-1]]
        assert schema["properties"]["type"]["const"] == type_
        for example in content["examples"].values():
            check(example["value"], content["schema"])


def described_parts() -> Iterator[tuple[str, Operation, Schema]]:
    """Give every parameter, property and field of a form: its name, itself and its schema."""
    schemas = CONTRACT["components"]["schemas"]
    webhooks = [webhook["post"] for webhook in CONTRACT["webhooks"].values()]
    forms = {}
    for operation in [operation for _, _, operation in OPERATIONS] + webhooks:
        name = operation["operationId"]
        for parameter in operation.get("parameters", []):
            yield f"{name} {parameter['name']}", parameter, parameter["schema"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            forms[name] = content["schema"]
    for name, schema in (schemas | forms).items():
        for field, part in schema.get("properties", {}).items():
            yield f"{name}.{field}", part, part


def test_every_parameter_and_property_has_a_description_and_an_example() -> None:
    """Objects and long lists are shown in the examples of answers."""
    schemas = CONTRACT["components"]["schemas"]
    parts = list(described_parts())
    assert [name for name, part, _ in parts if not part.get("description")] == []
    assert [
        name
        for name, part, schema in parts
        if is_shown(schema, schemas) and not {"examples", "const"} & schema.keys()
        if "example" not in part
    ] == []
    for _, _, schema in parts:
        for example in schema.get("examples", []):
            check(example, schema)


def test_every_operation_refuses_unknown_parameters() -> None:
    for path, _, operation in OPERATIONS:
        assert path in OPEN_ROUTES or "400" in operation["responses"], path


def test_marks_have_the_same_place_on_every_route() -> None:
    """Behind the owner and the other filters, in one order."""
    marks = ["external_id", "tag", "attribute"]
    found = 0
    for path, _, operation in OPERATIONS:
        names = [one["name"].removesuffix("s") for one in operation.get("parameters", [])]
        if "tag" in names:
            first = names.index("external_id")
            assert names[first : first + 3] == marks, path
            assert {"user_id", "tenant"} <= set(names[:first]), path
            found += 1
    assert found == 4


def test_every_list_states_its_order() -> None:
    schemas = CONTRACT["components"]["schemas"]
    for path, _, operation in OPERATIONS:
        answer = operation["responses"].get("200", {}).get("content", {})
        name = answer.get("application/json", {}).get("schema", {}).get("$ref", "").split("/")[-1]
        if "next_cursor" in schemas.get(name, {}).get("properties", {}):
            assert "newest" in operation["description"], path


def test_error_codes_are_listed_with_descriptions() -> None:
    codes = CONTRACT["components"]["schemas"]["ErrorCode"]
    never_sent = {Overloaded.code, FileRefused.code}
    assert set(codes["enum"]) == {error.code for error in ERRORS} - never_sent
    assert len(codes["enum"]) == len(codes["x-enum-descriptions"])
    assert all(codes["x-enum-descriptions"])
    for schema in CONTRACT["components"]["schemas"].values():
        if "code" in schema.get("properties", {}):
            assert "$ref" in schema["properties"]["code"] or "oneOf" in schema["properties"]["code"]


def test_no_reference_dangles() -> None:
    text = json.dumps(CONTRACT)
    named = set(re.findall(r"#/components/schemas/([^\"]+)", text))
    assert named <= CONTRACT["components"]["schemas"].keys()


@pytest.mark.slow
async def test_events_are_what_their_schemas_admit(service: Service) -> None:
    webhook = await make_webhook(service)
    async with service.working():
        job = await service.process([("portrait.jpg", draw())])
    await service.client.delete(f"/v1/images/{job['items'][0]['image_id']}")
    link = await service.make_link(max_files=1)
    await service.send([("portrait.jpg", draw())], route="/v1/uploads", key=link["token"])
    await service.client.post(f"/v1/webhooks/{webhook['id']}/test")
    await service.stores.endpoint_health.disable(
        (await make_webhook(service))["id"], DisabledReason.FAILING
    )
    async with service.working(max_seconds=1e-6):
        await service.process([("other.jpg", draw(seed=1))])
    await announce(service)
    assert await deliveries_of(service, webhook["id"])
    seen = set()
    async for event in service.stores.database["events"].find():
        body = json.loads(event["body"])
        content = CONTRACT["webhooks"][body["type"]]["post"]["requestBody"]["content"]
        check(body, content["application/json"]["schema"])
        seen.add(body["type"])
    assert seen == set(EventType)


def test_problems_are_sent_as_documented() -> None:
    for _, method, operation in OPERATIONS:
        for status, answer in operation["responses"].items():
            if method == "head":
                assert "content" not in answer
            elif status >= "400" and "Readiness" not in json.dumps(answer):
                assert list(answer["content"]) == ["application/problem+json"]


async def make_dead_letter(service: Service) -> str:
    """Give up an image that has ended, and give its ID."""
    (item,) = (await service.process([("portrait.jpg", draw())]))["items"]
    await give_up(service.stores.database, item["image_id"])
    return str(item["image_id"])


def fill(text: str, variables: dict[str, str]) -> str:
    """Replace the variables of Postman."""
    return re.sub(r"{{(\w+)}}", lambda found: variables[found[1]], text)


async def send_collected(
    service: Service, request: dict[str, Any], variables: dict[str, str]
) -> httpx.Response:
    """Send a request of the collection as Postman does."""
    auth = request.get("auth", COLLECTION["auth"])
    headers = {header["key"]: header["value"] for header in request["header"]}
    if auth["type"] == "bearer":
        headers |= authorization(fill(auth["bearer"][0]["value"], variables))
    options: dict[str, Any] = {}
    body = request.get("body", {"mode": ""})
    if body["mode"] == "formdata":
        options["files"] = [(part["key"], (part["src"], draw())) for part in body["formdata"]]
    elif body["mode"] == "file":
        options["content"] = draw()
    elif body["mode"] == "raw":
        options["content"] = body["raw"]
    url = fill(request["url"]["raw"], variables)
    return await service.client.request(request["method"], url, headers=headers, **options)


def test_collection_has_every_operation() -> None:
    assert COLLECTED.keys() == {operation["operationId"] for _, _, operation in OPERATIONS}
    names = {variable["key"] for variable in COLLECTION["variable"]}
    assert set(re.findall(r"{{(\w+)}}", json.dumps(COLLECTION))) <= names


async def keep_examples(service: Service, token: str) -> str:
    """Have the finished uploads that examples of jobs name; give the ID of an unfinished one."""
    uploads = service.stores.database["resumable_uploads"]
    for name, key in (("createJobFromUploads", ADMIN_KEY), ("createLinkUploadFromUploads", token)):
        (named,) = json.loads(COLLECTED[name]["body"]["raw"])["uploads"]
        made = await uploads.find_one_and_delete(
            {"_id": await Tus(service.client, key).upload(draw())}
        )
        assert made is not None
        await uploads.insert_one(made | {"_id": named})
    created = await Tus(service.client).create(8_388_608)
    return str(created.headers["Location"].rsplit("/")[-1])


class TestLearning:
    """Where the service learns, no operation is off."""

    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"MINILAB_LEARNING": "true", "MINILAB_WORKER_CHILDREN": "1"}

    @pytest.mark.slow
    async def test_examples_of_requests_are_accepted(self, working_service: Service) -> None:
        """Send every request of the Postman collection, on an image that is really there."""
        job = await working_service.process([("portrait.jpg", draw())])
        known = {"job_id": job["id"], "image_id": job["items"][0]["image_id"], "key_id": ""}
        failed = await working_service.process([("half.jpg", draw(400, 300)[:3000])])
        link = await working_service.make_link()
        known |= {"token": link["token"], "link_id": link["id"]}
        upload = await working_service.send(
            [("portrait.jpg", draw())], route="/v1/uploads", key=link["token"]
        )
        known["user_id"] = "u1"
        known["webhook_id"] = (await make_webhook(working_service))["id"]
        path = f"/v1/webhooks/{known['webhook_id']}/test"
        known["delivery_id"] = (await working_service.client.post(path)).json()["id"]
        await working_service.process([("portrait.jpg", draw())], user_id="u1")
        followed = {"job_id": upload.json()["id"]}
        signed = {
            name: (await working_service.client.get(path.format(**known)))
            .json()["url"]
            .rsplit("/")[-1]
            for name, path in {
                "getSignedContent": "/v1/images/{image_id}/content-url",
                "streamSignedEvents": "/v1/jobs/{job_id}/events-url",
            }.items()
        }
        of_operation = {
            "retryJob": {"job_id": failed["id"]},
            "getLinkJob": followed,
            "streamLinkJobEvents": followed,
            "getLinkJobEventsUrl": followed,
            "getLinkJobByUrl": followed,
        }
        of_operation |= {name: {"token": token} for name, token in signed.items()}
        of_operation["getLinkResult"] = {
            "token": upload.json()["results_url"].rsplit("/")[-1],
            "image_id": upload.json()["items"][0]["image_id"],
        }
        known |= {"task": "kind", "version": await store_model(working_service.stores)}
        known["upload_id"] = await keep_examples(working_service, link["token"])
        order = {"post": 0, "put": 0, "get": 1, "head": 1, "patch": 1, "delete": 2}
        # What belongs to an object is deleted before it.
        for path, _, operation in sorted(
            OPERATIONS,
            key=lambda found: (order[found[1]], -found[0].count("/") * (found[1] == "delete")),
        ):
            if "{dead_letter_id}" in path:
                known["dead_letter_id"] = await make_dead_letter(working_service)
            variables = known | of_operation.get(operation["operationId"], {}) | {"key": ADMIN_KEY}
            variables |= {"base_url": str(working_service.client.base_url).rstrip("/")}
            sent = COLLECTED[operation["operationId"]]
            if "auth" in sent and sent["auth"]["type"] == "bearer":
                variables["token"] = link["token"]
            answer = await send_collected(working_service, sent, variables)
            documented = operation["responses"]
            assert str(answer.status_code) in documented, (path, answer.text)
            assert answer.status_code < 400, (path, answer.text)
            content = documented[str(answer.status_code)].get("content", {})
            if "application/json" in content:
                check(answer.json(), content["application/json"]["schema"])
            for name, made in (("createApiKey", "key_id"), ("createBatch", "batch_id")):
                if operation["operationId"] == name:
                    known[made] = answer.json()["id"]


async def test_docs_page_needs_no_other_host(service: Service) -> None:
    page = (await service.client.get("/docs")).text
    for name in ("swagger-ui.js", "swagger-ui.css"):
        url = ASSETS.get(name).url
        assert url in page
        answer = await service.client.get(url)
        assert answer.status_code == 200
        assert len(answer.content) > 100_000
    assert "//" not in page.replace("<!doctype", "")
