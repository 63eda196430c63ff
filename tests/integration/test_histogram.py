"""Histograms over HTTP: numbers that add up, and a plot for those who ask for one."""

from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = pytest.mark.one_service


async def test_histogram_counts_every_pixel(working_service: Service) -> None:
    content = draw(123, 77)
    job = await working_service.process([("a.jpg", content)])
    image_id = job["items"][0]["image_id"]
    answer = await working_service.client.get(f"/v1/images/{image_id}/histogram")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"].startswith("Accept")
    histogram = answer.json()
    gray = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert gray is not None
    assert histogram["bins"] == np.bincount(gray.ravel(), minlength=256).tolist()
    assert histogram["pixels"] == 123 * 77
    image = (await working_service.client.get(f"/v1/images/{image_id}")).json()
    assert image["histogram"] == histogram


async def test_histogram_is_a_plot_for_who_accepts_one(working_service: Service) -> None:
    name = "<script>&\"'\u202e]]>.jpg"
    body = body_of(file_part(draw(), name.replace('"', "%22")))
    headers = {"Content-Type": CONTENT_TYPE, "Prefer": "wait=30"}
    answer = await working_service.client.post("/v1/jobs", content=body, headers=headers)
    path = f"/v1/images/{answer.json()['items'][0]['image_id']}/histogram"
    for accept, media_type in [
        ("image/svg+xml", "image/svg+xml"),
        ("image/svg+xml;q=0.9, application/json;q=0.5", "image/svg+xml"),
        ("image/*", "image/svg+xml"),
        ("application/json, image/svg+xml;q=0.5", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("", "application/json"),
        ("junk", "application/json"),
    ]:
        answer = await working_service.client.get(path, headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == media_type, accept
    plot = await working_service.client.get(path, headers={"Accept": "image/svg+xml"})
    assert plot.headers["content-security-policy"].startswith("default-src 'none'")
    root = ElementTree.fromstring(plot.text)  # noqa: S314
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [element for element in root.iter() if element.tag.endswith("script")]


async def test_there_is_no_histogram_of_what_has_failed(working_service: Service) -> None:
    job = await working_service.process([("a.jpg", draw()[:300])])
    path = f"/v1/images/{job['items'][0]['image_id']}/histogram"
    assert_problem(await working_service.client.get(path), 404, "not_found")
