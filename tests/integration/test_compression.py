"""Compressed answers: smaller, the same content, with true headers; never where secrets show."""

import gzip

import httpx
import pytest

from api.http.compression import LEAST_BYTES
from api.pages.assets.registry import ASSETS
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, authorization

pytestmark = pytest.mark.one_service
PLAIN, GZIP = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}
MEDIAN = "/v1/histograms/median"


async def wire(
    service: Service, path: str, headers: dict[str, str]
) -> tuple[httpx.Response, bytes]:
    """Get an answer, and its body as it was sent."""
    key = authorization(ADMIN_KEY)
    async with service.client.stream("GET", path, headers=key | headers) as answer:
        return answer, b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.mark.parametrize("path", [MEDIAN, "/v1/statistics", "/openapi.json", "/u"])
async def test_answer_is_compressed_and_the_same(service: Service, path: str) -> None:
    plain, content = await wire(service, path, PLAIN)
    packed, sent = await wire(service, path, GZIP)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == content
    assert int(packed.headers["content-length"]) == len(sent) < len(content)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["vary"]
    head = await service.client.head(path, headers=GZIP)
    apart = {"date", "x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in apart} == {
        name: value for name, value in packed.headers.items() if name not in apart
    }


@pytest.mark.parametrize("path", [MEDIAN, "/openapi.json", ASSETS.get("swagger-ui.css").url])
async def test_both_forms_have_an_etag_that_answers_304(service: Service, path: str) -> None:
    plain, _ = await wire(service, path, PLAIN)
    packed, _ = await wire(service, path, GZIP)
    etag = plain.headers["etag"]
    assert packed.headers["etag"] == f"W/{etag}"
    for known, form in [(etag, PLAIN), (f"W/{etag}", GZIP), (f"W/{etag}", PLAIN)]:
        answer, content = await wire(service, path, form | {"If-None-Match": known})
        assert (answer.status_code, content) == (304, b"")
        assert answer.headers["etag"] == known
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["", "gzip;q=0", "br, zstd", "identity", "gzip;q=0, *"])
async def test_clients_that_accept_no_gzip_get_none(service: Service, accepted: str) -> None:
    answer, _ = await wire(service, MEDIAN, {"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["gzip", "br;q=1.0, gzip;q=0.5", "gzip, deflate, br, zstd"])
async def test_clients_that_accept_gzip_get_it(service: Service, accepted: str) -> None:
    answer, _ = await wire(service, MEDIAN, {"Accept-Encoding": accepted})
    assert answer.headers["content-encoding"] == "gzip"


async def test_small_answers_pictures_and_plots(service: Service) -> None:
    health, content = await wire(service, "/healthz", GZIP)
    assert len(content) < LEAST_BYTES
    assert "content-encoding" not in health.headers
    plot, _ = await wire(service, MEDIAN, GZIP | {"Accept": "image/svg+xml"})
    assert plot.headers["content-encoding"] == "gzip"
    assert plot.headers["vary"] == "Accept, Accept-Encoding"
    job = (await service.send([("portrait.bmp", draw(kind="BMP"))])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}/content"
    picture, content = await wire(service, path, GZIP)
    assert content == draw(kind="BMP")
    assert {"content-encoding", "vary"} & picture.headers.keys() == set()


async def test_answers_that_show_a_secret_beside_text_of_the_client_are_not(
    service: Service,
) -> None:
    key = (
        await service.client.post(
            "/v1/api-keys", json={"role": "admin", "note": "n" * 500}, headers=GZIP
        )
    ).json()
    link = await service.client.post(
        "/v1/upload-links", json={"expires_in": 60, "note": "n" * 500}, headers=GZIP
    )
    assert "content-encoding" not in link.headers
    # A list that repeats a text of the client which looks like a secret.
    for _ in range(5):
        await service.client.post("/v1/api-keys", json={"role": "admin", "note": key["key"]})
    listed, content = await wire(service, "/v1/api-keys", GZIP)
    assert len(content) > LEAST_BYTES
    assert "content-encoding" not in listed.headers
