"""Forms of the pages: values that cannot be used are refused in the words of the page."""

import re
from collections.abc import Iterable
from html import unescape

import httpx
import pytest

from tests.integration.test_gallery_pages import gallery, make_image
from tests.integration.test_page_sessions import OWN_PAGE
from tests.routes import routes_of
from tests.service import Service

pytestmark = pytest.mark.one_service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
DIGITS = "9" * 5000
NULL = chr(0)
Fields = list[tuple[str, str]]
KEY: Fields = [("role", "client"), ("user_id", "u1")]
LINK: Fields = [("expires_in", "3600")]
BATCH: Fields = [("operation", "fingerprint"), ("dry_run", "true")]
HOOK: Fields = [("url", "https://example.com/")]
FORMS: dict[str, Fields] = {
    "/admin/keys": [
        *KEY,
        *((name, "") for name in ("tenant", "until", "max_mb", "note", "expires_in", "scopes")),
    ],
    "/admin/links": [
        *LINK,
        *((name, "") for name in ("until", "max_mb", "max_files", "user_id", "tenant", "gps")),
        ("show_results", ""),
        ("note", ""),
    ],
    "/admin/batches": [
        *BATCH,
        *((name, "") for name in ("user_id", "tenant", "camera", "format", "tag", "store")),
        *((name, "") for name in ("older_than_days", "max_images", "force", "widths", "formats")),
    ],
    "/admin/webhooks": [*HOOK, ("note", ""), ("event_types", "")],
    f"/admin/webhooks/{UNKNOWN}/change": [*HOOK, ("note", ""), ("event_types", "")],
    f"/admin/webhooks/{UNKNOWN}/status": [("status", "paused")],
    f"/admin/webhooks/{UNKNOWN}/redeliver": [("since", "2026-01-01T00:00")],
    "/admin/users/delete": [("user", "u9"), ("tenant", "")],
    "/admin/models/train": [("task", "flowers")],
    "/admin/dead-letters/retry": [("code", "")],
    "/admin/dead-letters/discard": [("code", "")],
}
REPEATABLE = {"scopes", "event_types", "widths", "formats", "tag"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true"}


async def _send(
    client: httpx.AsyncClient, path: str, fields: Iterable[tuple[str, str]]
) -> httpx.Response:
    body = str(httpx.QueryParams(list(fields)))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, content=body, headers=OWN_PAGE | kind)


def refusal_of(answer: httpx.Response) -> str:
    """Return the words of a refusal."""
    found = re.search(r'<p id="refusal">(.*?)</p>', answer.text, re.DOTALL)
    assert found is not None, answer.text[:2000]
    return unescape(found[1])


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        (
            "/admin/models/train",
            [("task", "my flowers")],
            (
                "Task, such as flowers: must be 1 to 40 letters from a to z, digits, _ or -,"
                " and begin with a letter or digit."
            ),
        ),
        ("/admin/models/train", [], "Task, such as flowers: is required."),
        (
            "/admin/links",
            [*LINK, ("max_mb", "99999999999999")],
            "Most megabytes: must be an integer from 1 to 9,007,199,254.",
        ),
        (
            "/admin/keys",
            [*KEY, ("max_mb", "many")],
            "Most megabytes stored: must be an integer from 1 to 9,007,199,254.",
        ),
        (f"/admin/webhooks/{UNKNOWN}/redeliver", [], "Failed since (UTC): is required."),
        (
            "/admin/batches",
            [*BATCH, ("older_than_days", "0"), ("max_images", "x")],
            (
                "Older than (days): must be an integer from 1 to 36,500; Most images (needed for"
                " remove): must be an integer from 1 to 9,007,199,254,740,991."
            ),
        ),
        (
            "/admin/links",
            [*LINK, ("max_mb", "1"), ("max_mb", "2")],
            "Most megabytes: was sent more than once; send one value.",
        ),
        (
            "/admin/links",
            [("until", "a"), ("until", "b")],
            "Or until (UTC): was sent more than once; send one value.",
        ),
        (
            "/admin/users/delete",
            [("user", "a"), ("user", "b")],
            "User: was sent more than once; send one value.",
        ),
    ],
)
async def test_refusal_names_the_field_as_the_page_does(
    service: Service, path: str, fields: Fields, words: str
) -> None:
    async with gallery(service) as client:
        answer = await _send(client, path, fields)
    assert answer.status_code == 422, answer.text
    assert refusal_of(answer) == words


async def test_refused_label_names_its_task(working_service: Service) -> None:
    _, image_id = await make_image(working_service)
    async with gallery(working_service) as client:
        path = f"/gallery/images/{image_id}/label"
        answer = await _send(client, path, [("task", "my flowers"), ("value", "a"), ("value", "b")])
    assert refusal_of(answer) == (
        "Task: must be 1 to 40 letters from a to z, digits, _ or -, and begin with a letter or"
        " digit; Value: was sent more than once; send one value."
    )


@pytest.mark.parametrize("path", FORMS)
async def test_no_value_of_a_field_is_an_error_of_the_service(service: Service, path: str) -> None:
    async with gallery(service) as client:
        for name, value in FORMS[path]:
            others = [field for field in FORMS[path] if field[0] != name]
            for sent in (["a", "b"], [DIGITS], [NULL], [value or "1", NULL], ["0"], ["-1"], ["²"]):
                answer = await _send(client, path, [*others, *((name, one) for one in sent)])
                assert answer.status_code < 500, (name, sent[0][:9], answer.text[:2000])
                if len(sent) > 1 and name not in REPEATABLE:
                    assert 400 <= answer.status_code < 500, (name, sent)
                if answer.status_code == 422:
                    assert "$." not in refusal_of(answer), (name, sent[0][:9])


async def test_every_page_forbids_foreign_content_and_referrers(working_service: Service) -> None:
    _, image_id = await make_image(working_service)
    asked = [
        f"/gallery?{query}"
        for query in (
            "",
            "taken_from=x",
            "day=x",
            "near=1",
            "cursor=zzz",
            "unknown=1",
            "format=%ff",
        )
    ]
    asked += ["/gallery/archive?near=1", "/gallery/jobs?cursor=zzz", "/nowhere", "/admin/nowhere"]
    for path, method in routes_of(working_service.app):
        if method == "GET" and path.startswith(("/admin", "/gallery", "/sign-in", "/u", "/docs")):
            shown = path.replace("{image_id}", image_id)
            asked.append(re.sub("{[^}]*}", UNKNOWN, shown))
    seen = 0
    async with gallery(working_service) as client:
        answers = [await client.get(path) for path in [*asked, "/"]]
        answers += [await _send(client, path, [("x", "y")]) for path in FORMS]
    for answer in answers:
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += 1
            assert "default-src 'none'" in answer.headers.get("content-security-policy", ""), (
                answer.request.url
            )
            assert answer.headers.get("referrer-policy") == "no-referrer", answer.request.url
    assert seen > 30
