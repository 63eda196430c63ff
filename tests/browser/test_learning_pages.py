"""Models on the admin page, and predictions in the gallery, from labels to a rollback."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from domain.learning.models import Watched
from tests.browser.site import Site
from tests.browser.test_admin import agree, as_admin
from tests.digits import DIGITS, ONES_AND_ZEROS, draw_digit
from tests.labelled_images import add_images, draw_vectors
from tests.learners import LEARNER, learning
from tests.service import Service
from tests.trained_models import VALUES, store, train
from tests.waiting import until

LABELLED, NIGHTS = 60, 30


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | LEARNER | {"MINILAB_WORKER_CHILDREN": "2"}


async def _upload_digits(service: Service) -> None:
    """Process digits, and label all but the last few."""
    files = [draw_digit(n) for n in ONES_AND_ZEROS[: LABELLED + 6]]
    job = await service.process(files, operations="fingerprint,thumbnail,embedding,quality")
    labels = [
        {
            "image_id": item["image_id"],
            "task": "digit",
            "value": f"d{DIGITS.target[int(item['filename'].split('.')[0])]}",
        }
        for item in job["items"][:LABELLED]
    ]
    answer = await service.client.post("/v1/labels", json={"labels": labels})
    assert answer.json()["labeled"] == LABELLED, answer.text


async def _train(site: Site) -> None:
    await site.open("/admin/models")
    await site.tab.get_by_label("Task, such as flowers").fill("digit")
    await site.tab.get_by_role("button", name="Train").first.click()
    await expect(site.tab.get_by_text("The training of digit has ended.")).to_be_visible()


async def _note_nights(service: Service) -> None:
    """Note a month of comparisons: of late, the pictures have changed."""
    (model,) = await service.stores.models.live()
    now = datetime.now(UTC)
    for night in range(NIGHTS):
        late = max(0, night - 20) / 10
        await service.stores.models.note_watched(
            model,
            Watched(
                now - timedelta(days=NIGHTS - 1 - night),
                images=5_000,
                feature_psi=0.03 + 0.4 * late,
                class_psi=0.05 + 0.1 * late,
                labelled=40,
                accuracy=0.95 - 0.15 * late if night % 3 else None,
            ),
        )


async def test_model_is_trained_watched_and_rolled_back(
    chromium: Browser, working_service: Service, pictures: bool
) -> None:
    await _upload_digits(working_service)
    async with learning(working_service), as_admin(chromium, working_service) as site:
        tab = site.tab
        await tab.get_by_role("link", name="Models").click()
        await expect(tab.get_by_text("No model was trained yet.")).to_be_visible()
        await _train(site)
        await site.check()
        await site.open("/admin/models/digit")
        await expect(tab.get_by_text("Version 1 is live")).to_be_visible()
        await expect(tab.get_by_text("The first comparison is made in the night.")).to_be_visible()
        await expect(tab.get_by_role("img", name="Version 1: ")).to_be_visible()
        await _train(site)
        await expect(tab.locator("#models")).to_contain_text("Version 2 is live")
        await _note_nights(working_service)
        await site.check_looks("admin-models" if pictures else "")
        await tab.get_by_role("link", name="digit", exact=True).click()
        await expect(tab.get_by_text("Version 2 is live")).to_be_visible()
        await expect(tab.get_by_text("the pictures have changed")).to_be_visible()
        await expect(tab.get_by_role("img", name="accuracy of 30 nights")).to_be_visible()
        await tab.get_by_text("Metrics of each class").click()
        await expect(tab.get_by_role("rowheader", name="d4")).to_be_visible()
        await site.check_looks("admin-model" if pictures else "")
        await tab.get_by_role("button", name="Back to this version").click()
        await agree(site)
        await expect(tab.get_by_text("Version 1 is live")).to_be_visible()
    assert await working_service.stores.models.live_versions() == {"digit": 1}


async def test_predictions_are_searched_and_labels_set_in_the_gallery(
    chromium: Browser, working_service: Service, pictures: bool
) -> None:
    service = working_service
    await _upload_digits(service)
    async with learning(service), as_admin(chromium, service) as site:
        await _train(site)

        async def are_predicted() -> bool:
            asked = "/v1/images?predicted=digit:d0&min_probability=0.5"
            return bool((await service.client.get(asked)).json()["items"])

        await until(are_predicted)
        tab = site.tab
        await site.open("/gallery")
        await tab.get_by_label("Predicted (task:value)").fill("digit:d0")
        await tab.get_by_label("Probability (at least)").select_option("0.5")
        await tab.get_by_role("button", name="Search").click()
        await expect(tab).to_have_url(
            f"{site.address}/gallery?predicted=digit%3Ad0&min_probability=0.5"
        )
        await expect(tab.get_by_label("Predicted (task:value)")).to_have_value("digit:d0")
        await site.check()
        await tab.locator(".tile").first.click()
        await expect(tab.get_by_role("link", name="d0", exact=True)).to_be_visible()
        await expect(tab.get_by_role("heading", name="Similar content")).to_be_visible()
        await tab.get_by_text("Set a label", exact=True).first.click()
        await tab.get_by_label("Task", exact=True).fill("taste")
        await tab.get_by_label("Value", exact=True).fill("<b>round")
        await site.check_looks("gallery-prediction" if pictures else "")
        await tab.get_by_role("button", name="Set a label").click()
        await expect(tab.get_by_text("<b>round")).to_be_visible()
        await site.check()
        await tab.get_by_role("link", name="d0", exact=True).click()
        await expect(tab).to_have_url(f"{site.address}/gallery?predicted=digit%3Ad0")


async def test_wrong_values_of_predictions_are_refused_beside_the_form(
    chromium: Browser, service: Service
) -> None:
    async with as_admin(chromium, service) as site:
        await site.open("/gallery?predicted=daisy&min_probability=0.5")
        await expect(site.tab.get_by_role("alert")).to_contain_text("Predicted")
        assert await site.findings() == []


async def test_a_training_that_fails_says_why_and_anomalies_are_shown(
    chromium: Browser, service: Service
) -> None:
    await add_images(service.stores.database, draw_vectors([0, 1] * 30), VALUES[:4])
    await add_images(service.stores.database, draw_vectors([7]), anomalous=True)
    async with learning(service), as_admin(chromium, service) as site:
        await site.open("/admin/models")
        await site.tab.get_by_label("Task, such as flowers").fill("kind")
        await site.tab.get_by_role("button", name="Train").click()
        await expect(site.tab.get_by_text("The training of kind has failed.")).to_be_visible()
        await expect(site.tab.locator("#training")).to_contain_text("labelled")
        await expect(site.tab.locator(".tile")).to_have_count(1)
        await site.open("/admin/models/kind")
        await expect(site.tab.get_by_text("None is live")).to_be_visible()
        assert await site.findings() == []


async def test_candidate_is_promoted_by_hand(chromium: Browser, service: Service) -> None:
    trained = await train(service.stores)
    await store(service.stores, trained)
    async with as_admin(chromium, service) as site:
        await site.open("/admin/models/kind")
        await site.tab.get_by_role("button", name="Promote").click()
        await agree(site)
        await expect(site.tab.get_by_text("Version 1 is live")).to_be_visible()
        await site.check()
    assert await service.stores.models.live_versions() == {"kind": 1}
