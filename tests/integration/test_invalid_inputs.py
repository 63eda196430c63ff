"""Refusals of values: by the names that the client wrote, all at once, in the API's words."""

import re
from typing import Any

import httpx
import pytest

from api.http.parameters import EXAMPLE_ID
from tests.multipart_bodies import CONTENT_TYPE, body_of, field_part, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import OPERATIONS, PATH_VALUES, required_headers
from tests.service import Service, authorization

LENIENT = {"/healthz", "/readyz", "/metrics"}
WORDS_OF_LIBRARIES = re.compile(r"Expected|Object |Validation failed|`\$|regex|Traceback|JSON is")
TWICE = "was sent more than once; send one value"
TIME = "a time with its UTC offset, such as `2026-11-21T09:30:00Z`"
Errors = list[dict[str, str]]


def errors_of(answer: httpx.Response) -> Errors:
    """Give the listed errors of an invalid value; the detail names each."""
    problem = assert_problem(answer, 422, "invalid_value")
    assert not WORDS_OF_LIBRARIES.search(answer.text)
    errors: Errors = problem["errors"]
    for error in errors:
        assert error["detail"] in problem["detail"]
    return errors


def parameter(name: str, detail: str) -> dict[str, str]:
    return {"parameter": name, "detail": detail}


def field(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}


async def tokens_of(service: Service) -> dict[str, str]:
    """Give a valid token for each kind of route that has one in its path."""
    job = (await service.send([("portrait.jpg", draw())])).json()
    link = await service.make_link()
    tokens = {"/v1/uploads": str(link["token"])}
    for prefix, path in {
        "/v1/content": f"/v1/images/{job['items'][0]['image_id']}/content-url",
        "/v1/events": f"/v1/jobs/{job['id']}/events-url",
    }.items():
        tokens[prefix] = (await service.client.get(path)).json()["url"].rpartition("/")[2]
    sent = await service.send([("a.jpg", draw())], route="/v1/uploads", key=str(link["token"]))
    tokens["/v1/results"] = sent.json()["results_url"].rpartition("/")[2]
    return tokens


async def test_unknown_query_parameters_are_refused_by_name_on_every_route(
    service: Service,
) -> None:
    tokens = await tokens_of(service)
    link = {"token": tokens["/v1/uploads"]}
    ids = dict.fromkeys(re.findall(r"{(\w+)}", " ".join(path for path, _, _ in OPERATIONS)), "x")
    for path, method, operation in OPERATIONS:
        of_link = path.startswith("/v1/uploads")
        token = next((tokens[start] for start in tokens if path.startswith(start)), "x")
        answer = await service.client.request(
            method,
            path.format(**ids | PATH_VALUES | {"token": token}),
            params={"surprise": "1", "limt": "2"},
            headers=(authorization(link["token"]) if of_link else {}) | required_headers(operation),
        )
        if path in LENIENT:
            assert answer.status_code in {200, 503}, path
            continue
        if method.lower() == "head":  # It has no body.
            assert answer.status_code == 400, path
            continue
        problem = assert_problem(answer, 400, "unknown_parameter")
        known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        hint = "; did you mean `limit`?" if "limit" in known else ""
        assert problem["errors"] == [
            parameter("surprise", "is not a parameter of this route"),
            parameter("limt", f"is not a parameter of this route{hint}"),
        ], path


async def test_repeated_query_parameters_are_refused_by_name_on_every_route(
    service: Service,
) -> None:
    tokens = await tokens_of(service)
    link = {"token": tokens["/v1/uploads"]}
    ids = dict.fromkeys(re.findall(r"{(\w+)}", " ".join(path for path, _, _ in OPERATIONS)), "x")
    tried = 0
    for path, method, operation in OPERATIONS:
        known = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        lists = {one["name"] for one in known if "array" in one["schema"].get("type", "")}
        if not known:
            continue
        token = next((tokens[start] for start in tokens if path.startswith(start)), "x")
        answer = await service.client.request(
            method,
            path.format(**ids | PATH_VALUES | {"token": token}),
            params=[(one["name"], "1") for one in known for _ in "ab"],
            headers=authorization(link["token"]) if path.startswith("/v1/uploads") else None,
        )
        problem = assert_problem(answer, 400, "malformed_request")
        twice = [parameter(one["name"], TWICE) for one in known if one["name"] not in lists]
        assert all(error in twice for error in problem["errors"]), path
        assert len(problem["errors"]) == min(20, len(twice)), path
        tried += len(twice)
    assert tried > 60


async def test_unknown_and_repeated_parameters_are_refused_at_once(refusing: Service) -> None:
    answer = await refusing.client.get("/v1/jobs?limit=5&limit=5&surprise=1&tag=a&tag=b")
    problem = assert_problem(answer, 400, "unknown_parameter")
    assert problem["errors"] == [
        parameter("surprise", "is not a parameter of this route"),
        parameter("limit", TWICE),
    ]


@pytest.mark.parametrize("page", ["/u", "/docs", "/openapi.json"])
async def test_pages_take_any_query(refusing: Service, page: str) -> None:
    answer = await refusing.client.get(page, params={"utm_source": "mail"})
    assert answer.status_code == 200


async def test_a_stranger_learns_nothing_of_parameters(refusing: Service) -> None:
    async with httpx.AsyncClient(base_url=refusing.client.base_url) as stranger:
        answer = await stranger.get("/v1/jobs", params={"surprise": "1"})
    assert_problem(answer, 401, "unauthenticated")


QUERIES: list[tuple[str, Errors]] = [
    (
        "/v1/jobs?limit=abc&cursor=junk&status=nope",
        [
            parameter(
                "status",
                "must be one of `queued`, `processing`, `succeeded`, `partial`, `failed`, "
                "`canceled`",
            ),
            parameter("limit", "must be an integer from 1 to 100"),
            parameter("cursor", "must be text of the form `019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4`"),
        ],
    ),
    (
        "/v1/images?near=x&radius_m=0&day=2026-02-30&faces=maybe",
        [
            parameter("day", "must be a date that exists, such as `2026-11-21`"),
            parameter("faces", "must be true or false"),
            parameter("near", "must be text of the form `48.2085,16.3721`"),
            parameter("radius_m", "must be a number from 1 to 1,000,000"),
        ],
    ),
    # The name of the parameter, not that of the argument in the code.
    ("/v1/users/u1/similar?n=0", [parameter("n", "must be an integer from 1 to 100")]),
    (
        f"/v1/images/{'x' * 65}?user_id={'u' * 129}",
        [
            parameter("image_id", "must be text of at most 64 characters"),
            parameter("user_id", "must be text of at most 128 characters"),
        ],
    ),
    ("/v1/images?tag=a&limit=0", [parameter("limit", "must be an integer from 1 to 100")]),
    # Values of the right form that do not exist, and values that contradict each other.
    (
        "/v1/statistics?tz=Mars",
        [
            parameter(
                "tz", "This time zone does not exist. Use an IANA name, such as Europe/Vienna."
            )
        ],
    ),
    (
        "/v1/images?tz=Mars&taken_from=2026-11-02&taken_to=2026-11-01",
        [
            parameter(
                "tz", "This time zone does not exist. Use an IANA name, such as Europe/Vienna."
            ),
            parameter("taken_from", "is after the last day."),
        ],
    ),
    (
        "/v1/images?tag=a&content_urls=thumbnail&content_urls=big",
        [
            parameter(
                "content_urls",
                "must be a list of at most 4 items, each one of `original`, `grayscale`, "
                "`thumbnail`, `faces`",
            )
        ],
    ),
]


@pytest.mark.parametrize(("path", "expected"), QUERIES)
async def test_parameters_are_named_as_the_client_wrote_them(
    refusing: Service, path: str, expected: Errors
) -> None:
    errors = errors_of(await refusing.client.get(path))
    assert {error["parameter"]: error for error in errors} == {
        error["parameter"]: error for error in expected
    }
    assert len(errors) == len(expected)


BODIES: list[tuple[str, object, Errors]] = [
    (
        "/v1/api-keys",
        {"role": "king", "user_id": 7, "expires_at": "soon", "max_stored_byte": 1, "a/b~": 2},
        [
            field("#/role", "must be one of `admin`, `service`, `client`, `reader`"),
            field("#/user_id", "must be text of 1 to 128 characters or null, not a number"),
            field("#/expires_at", f"must be {TIME} or null"),
            field("#/max_stored_byte", "is not a field here; did you mean `max_stored_bytes`?"),
            field("#/a~1b~0", "is not a field here"),
        ],
    ),
    ("/v1/api-keys", {}, [field("#/role", "is required")]),
    ("/v1/api-keys", [], [field("#", "must be an object, not a list")]),
    (
        "/v1/upload-links",
        {"max_files": 0.5, "note": "n" * 501},
        [
            field("#/max_files", "must be an integer from 1 to 9,007,199,254,740,991 or null"),
            field("#/note", "must be text of at most 500 characters or null"),
            field("#/expires_in", "Send either expires_in or expires_at."),
        ],
    ),
    (
        "/v1/dead-letters/retry",
        {"ids": ["x", 1, "y" * 65], "filter": {"usr_id": "u1"}},
        [
            field("#/ids/1", "must be text of at most 64 characters, not a number"),
            field("#/ids/2", "must be text of at most 64 characters"),
            field("#/filter/usr_id", "is not a field here; did you mean `user_id`?"),
        ],
    ),
    (
        "/v1/images/known",
        {"sha256": ["abc"]},
        [field("#/sha256/0", "must be text that matches `^[0-9A-Fa-f]{64}$`")],
    ),
    ("/v1/jobs/urls", [], [field("#", "must be an object, not a list")]),
    (
        "/v1/jobs/urls",
        {"urls": ["https://a.example/b"], "attributes": {"room": 1}},
        [field("#/attributes/room", "must be text, not a number")],
    ),
    (
        "/v1/jobs/urls",
        {"urls": ["https://a.example/b"], "gps": "no", "external_id": " a"},
        [
            field("#/gps", "must be 'keep' or 'strip'."),
            field("#/external_id", "' a' has a blank at its beginning or end."),
        ],
    ),
    # Values of the right type that cannot be together.
    (
        "/v1/api-keys",
        {"role": "admin", "user_id": "u1", "tenant": "acme", "max_stored_bytes": 1},
        [
            field("#/user_id", "Only keys of clients and readers have a user_id."),
            field("#/max_stored_bytes", "Only keys of clients and services have a quota."),
            field("#/tenant", "An admin key has no tenant: it sees all of them."),
        ],
    ),
]


@pytest.mark.parametrize(("path", "body", "expected"), BODIES)
async def test_fields_of_a_body_are_named_all_at_once(
    refusing: Service, path: str, body: object, expected: Errors
) -> None:
    assert errors_of(await refusing.client.post(path, json=body)) == expected


ROUNDS: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
    # Method, path, fields whose types or names are wrong, and fields whose values are.
    (
        "POST",
        "/v1/api-keys",
        {"role": "king", "note": 7, "surprise": 1},
        {"user_id": "a\nb", "tenant": "\0", "expires_at": "2020-01-01T00:00:00Z"},
    ),
    (
        "POST",
        "/v1/api-keys",
        {"note": 7},
        {"role": "admin", "user_id": "u1", "tenant": "t", "scopes": ["read"], "expires_in": 10**12},
    ),
    (
        "POST",
        "/v1/upload-links",
        {"max_files": 0, "surprise": 1},
        {"user_id": "a\nb", "tenant": "\0", "expires_at": "2020-01-01T00:00:00Z"},
    ),
    (
        "POST",
        "/v1/webhooks",
        {"note": 7, "surprise": 1},
        {"url": "ftp://a.example", "event_types": ["webhook.test"]},
    ),
    (
        "PATCH",
        "/v1/webhooks/x",
        {"status": "asleep"},
        {"url": "https://127.0.0.1/", "event_types": ["webhook.disabled"]},
    ),
    (
        "PATCH",
        "/v1/images/x",
        {"surprise": 1},
        {"external_id": " a", "tags": ["a,b"], "attributes": {"a:b": "c"}},
    ),
    (
        "PATCH",
        "/v1/jobs/x",
        {"add_tags": "a"},
        {"external_id": "a\nb", "tags": ["a,b"], "attributes": {"k": " v"}},
    ),
    ("POST", "/v1/webhooks/x/redeliver", {"surprise": 1}, {"since": "0001-01-01T00:00:00+14:00"}),
    ("POST", "/v1/dead-letters/retry", {"surprise": 1}, {"ids": ["x"], "filter": {}}),
]


@pytest.mark.parametrize(
    ("method", "path", "shapes", "values"), ROUNDS, ids=[f"{one[0]} {one[1]}" for one in ROUNDS]
)
async def test_types_and_values_of_every_body_are_refused_at_once(
    refusing: Service,
    method: str,
    path: str,
    shapes: dict[str, object],
    values: dict[str, object],
) -> None:
    answer = await refusing.client.request(method, path, json=shapes | values)
    named = [error["pointer"].split("/")[1] for error in errors_of(answer)]
    wrong = (shapes | values).keys() - ({"role"} if "role" in values else set())
    assert sorted(named) == sorted(wrong - ({"ids"} if "filter" in values else set()))


async def test_values_of_the_right_types_are_refused_at_once(refusing: Service) -> None:
    for method, path, _, values in ROUNDS:
        if path.endswith("/x"):
            continue  # The image, the job or the webhook would have to exist.
        answer = await refusing.client.request(method, path, json=values)
        named = {error["pointer"].split("/")[1] for error in errors_of(answer)}
        expected = values.keys() - {"role", "ids"}
        # Without a role, nothing is known of the fields that it has.
        assert named == expected | (
            {"role"} if path == "/v1/api-keys" and "role" not in values else set()
        )


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/v1/upload-links", {"expires_in": "soon"}, {"expires_in"}),
        ("/v1/dead-letters/retry", {"ids": 7}, {"ids"}),
        ("/v1/webhooks", {}, {"url"}),
        ("/v1/api-keys", {"user_id": 7, "role": "client"}, {"user_id"}),
    ],
)
async def test_a_field_of_a_wrong_type_is_not_missed_as_well(
    refusing: Service, path: str, body: dict[str, object], names: set[str]
) -> None:
    errors = errors_of(await refusing.client.post(path, json=body))
    assert [error["pointer"] for error in errors] == [f"#/{name}" for name in names]


async def test_marks_of_an_upload_are_refused_at_once(refusing: Service) -> None:
    fields: Any = {"external_id": " a", "tags": "a\0", "attributes": '{"a:b": "c"}'}
    errors = errors_of(await refusing.send([("a.png", draw())], **fields))
    assert {error["pointer"] for error in errors} == {f"#/{name}" for name in fields}
    errors = errors_of(await refusing.send([("a.png", draw())], **fields | {"attributes": "["}))
    assert {error["pointer"] for error in errors} == {f"#/{name}" for name in fields}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"room": 1, "hall": None},
            [
                field("#/attributes/room", "must be text of at most 500 characters, not a number"),
                field("#/attributes/hall", "must be text of at most 500 characters, not null"),
            ],
        ),
        (
            {f"key{number}": "v" for number in range(51)},
            [field("#/attributes", "must be an object of at most 50 keys")],
        ),
    ],
)
async def test_attributes_are_explained_one_by_one(
    refusing: Service, attributes: object, expected: Errors
) -> None:
    answer = await refusing.client.patch("/v1/images/x", json={"attributes": attributes})
    assert errors_of(answer) == expected


async def test_a_missing_body_is_named(refusing: Service) -> None:
    errors = errors_of(await refusing.client.post("/v1/api-keys"))
    assert errors == [field("#", "must be sent as JSON")]


async def test_endless_faults_are_cut(refusing: Service) -> None:
    body = {f"field{number}": 1 for number in range(5_000)}
    errors = errors_of(await refusing.client.post("/v1/api-keys", json=body))
    assert len(errors) == 20
    query = {f"surprise{number}" * 20: "1" for number in range(100)}
    answer = await refusing.client.get("/v1/jobs", params=query)
    unknown = assert_problem(answer, 400, "unknown_parameter")["errors"]
    assert len(unknown) == 20
    assert all(len(error["parameter"]) <= 65 for error in unknown)


async def test_fields_of_a_form_are_named_all_at_once(refusing: Service) -> None:
    answer = await refusing.send(
        [("portrait.jpg", draw())],
        user_id="a\nb",
        gps="sometimes",
        callback_url="ftp://example.com",
    )
    assert [error["pointer"] for error in errors_of(answer)] == [
        "#/user_id",
        "#/gps",
        "#/callback_url",
    ]
    answer = await refusing.send([("portrait.jpg", draw())], operations="faces,nope")
    problem: dict[str, Any] = assert_problem(answer, 422, "unknown_operation")
    assert [error["pointer"] for error in problem["errors"]] == ["#/operations"]


async def test_a_header_is_named(refusing: Service) -> None:
    options = {"headers": {"Idempotency-Key": "k" * 256}}
    for path, body in [("/v1/jobs", {"files": [("f", draw())]}), ("/v1/api-keys", {"json": {}})]:
        errors = errors_of(await refusing.client.post(path, **options, **body))  # type: ignore[arg-type]
        assert {
            "header": "Idempotency-Key",
            "detail": "must be text of at most 255 characters",
        } in (errors)


async def test_text_that_is_no_json_is_refused_in_plain_words(refusing: Service) -> None:
    answer = await refusing.client.post("/v1/api-keys", content=b'{"role": king}')
    problem = assert_problem(answer, 400, "malformed_request")
    assert problem["detail"] == "The body is not valid JSON; the fault is near byte 9."


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("/v1/jobs", "user_id=%FF", ["user_id"]),
        ("/v1/images", "tag=caf%E9&external_id=%C3&camera=%C3%A9", ["tag", "external_id"]),
        ("/v1/users/%FF/similar", "", ["user_id"]),
        ("/v1/users/a%2F%FF/similar", "", ["user_id"]),
    ],
)
async def test_text_that_is_not_utf8_is_refused_by_name(
    refusing: Service, path: str, query: str, names: list[str]
) -> None:
    url = refusing.client.base_url.copy_with(raw_path=f"{path}?{query}".encode())
    problem = assert_problem(await refusing.client.get(url), 400, "malformed_request")
    assert problem["errors"] == [parameter(name, "is not UTF-8") for name in names]


async def test_a_replacement_character_is_text_like_any_other(refusing: Service) -> None:
    for query in ("user_id=%EF%BF%BD", "user_id=\ufffd"):
        assert (await refusing.client.get(f"/v1/jobs?{query}")).status_code == 200


async def test_a_field_of_a_form_that_is_not_utf8_is_named(refusing: Service) -> None:
    body = body_of(file_part(draw()), field_part("external_id", b"\xff"))
    answer = await refusing.client.post(
        "/v1/jobs", content=body, headers={"Content-Type": CONTENT_TYPE}
    )
    problem = assert_problem(answer, 400, "malformed_multipart")
    assert problem["errors"] == [field("#/external_id", "is not UTF-8")]


async def test_repeated_fields_of_an_upload_are_refused_by_name(refusing: Service) -> None:
    pairs = [("user_id", "a"), ("gps", "keep"), ("user_id", "b"), ("gps", "keep")]
    form = body_of(file_part(draw()), *(field_part(name, text.encode()) for name, text in pairs))
    answer = await refusing.client.post(
        "/v1/jobs", content=form, headers={"Content-Type": CONTENT_TYPE}
    )
    problem = assert_problem(answer, 400, "malformed_request")
    assert problem["errors"] == [field("#/gps", TWICE), field("#/user_id", TWICE)]
    query = "&".join(f"{name}={text}" for name, text in pairs)
    for path in ("/v1/jobs", "/v1/jobs/file"):
        answer = await refusing.client.post(
            f"{path}?{query}", content=draw(), headers={"Content-Type": "image/png"}
        )
        problem = assert_problem(answer, 400, "malformed_request")
        assert {error["parameter"] for error in problem["errors"]} == {"gps", "user_id"}
        assert {error["detail"] for error in problem["errors"]} == {TWICE}


async def test_tags_and_unknown_fields_of_a_form_may_be_repeated(service: Service) -> None:
    pairs = [("tags", "a"), ("tags", "b"), ("comment", "x"), ("comment", "y")]
    form = body_of(file_part(draw()), *(field_part(name, text.encode()) for name, text in pairs))
    answer = await service.client.post(
        "/v1/jobs", content=form, headers={"Content-Type": CONTENT_TYPE}
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["tags"] == ["a", "b"]


async def test_types_and_values_of_an_upload_are_refused_at_once(refusing: Service) -> None:
    body = {"urls": "x", "gps": 7, "external_id": " a", "tags": ["a,b"], "operations": ["nope"]}
    problem = (await refusing.client.post("/v1/jobs/urls", json=body)).json()
    names = {"urls", "gps", "external_id", "tags", "operations"}
    assert {error["pointer"] for error in problem["errors"]} == {f"#/{name}" for name in names}
    query = {"gps": "no", "external_id": " a", "operations": "nope", "user_id": "u" * 129}
    for path in ("/v1/jobs", "/v1/jobs/file"):
        answer = await refusing.client.post(
            path, content=draw(), params=query, headers={"Content-Type": "image/png"}
        )
        assert answer.status_code == 422, answer.text
        assert {error["parameter"] for error in answer.json()["errors"]} == query.keys()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/jobs", f"cursor={EXAMPLE_ID}"),
        ("/v1/images", f"link_id={EXAMPLE_ID}"),
        ("/v1/images", "near=48.2,16.3"),
        ("/v1/histograms/median", "day=today"),
        ("/v1/users/u1/histograms", "week=current"),
    ],
)
async def test_a_line_end_after_a_value_is_refused(
    refusing: Service, path: str, query: str
) -> None:
    assert (await refusing.client.get(f"{path}?{query}")).status_code == 200
    errors_of(await refusing.client.get(f"{path}?{query}%0A"))


async def test_a_line_end_after_a_hash_is_refused(refusing: Service) -> None:
    body = {"sha256": ["a" * 64 + "\n"]}
    (error,) = errors_of(await refusing.client.post("/v1/images/known", json=body))
    assert error["pointer"] == "#/sha256/0"
