"""The contract at /docs in a real browser, under its strict policy."""

import re

from playwright.async_api import Page, expect

from tests.browser.site import NOTE_VIOLATIONS, Site
from tests.service import ADMIN_KEY, Service


async def test_operations_can_be_read_and_tried_under_the_policy(
    tab: Page, service: Service, pictures: bool
) -> None:
    site = Site(tab, str(service.client.base_url))
    await tab.add_init_script(NOTE_VIOLATIONS)
    opened = await tab.goto(f"{site.address}/docs")
    assert opened is not None
    policy = opened.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    await expect(tab.get_by_role("heading", name=re.compile("^Minilab"))).to_be_visible()
    if pictures:
        async for size, scheme in site.looks():
            await site.save_picture(f"docs-{size}-{scheme}", whole=False)
    await site.check()

    await tab.get_by_role("button", name="Authorize", exact=True).first.click()
    dialog = tab.locator(".dialog-ux")
    assert await site.findings() == []
    await dialog.locator("input").first.fill(ADMIN_KEY)
    await dialog.locator("button.authorize").first.click()
    await dialog.locator("button.btn-done").first.click()
    operation = tab.locator("#operations-service-getCapabilities")
    await operation.get_by_role("button").first.click()
    await operation.get_by_role("button", name="Try it out").click()
    await operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    await expect(answer.locator(".response-col_status").first).to_contain_text("200")
    await expect(answer).to_contain_text("max_file_bytes")

    await expect(tab.get_by_role("heading", name="First upload")).to_be_visible()
    samples = operation.locator(".code-samples")
    await expect(samples.locator("pre")).to_contain_text("curl http://127.0.0.1:8000/v1/capabil")
    for language, words in [
        ("Python", "httpx.request("),
        ("TypeScript", "await fetch("),
        ("Kotlin", "OkHttpClient()"),
    ]:
        await samples.get_by_role("button", name=language).click()
        await expect(samples.locator("pre")).to_contain_text(words)

    webhook = tab.locator("#operations-webhooks-onJobFinished")
    await webhook.get_by_role("button").first.click()
    await expect(webhook).to_contain_text("webhook-signature")
    await expect(webhook.locator(".code-samples")).to_have_count(0)

    await site.check()
