"""The upload page as a person uses it."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from re import Pattern
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, FilePayload, Locator, Page, Request, expect

from tests.service import File

DROP = """([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  const event = target === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent(target, { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


STORED = """async () => {
  const database = await new Promise((resolve) => {
    const asked = indexedDB.open("minilab-uploads");
    asked.onsuccess = () => resolve(asked.result);
  });
  const all = (name) => new Promise((resolve) => {
    const asked = database.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  const [photos, links] = [await all("photos"), (await all("links")).map(({ token }) => token)];
  database.close();
  const [tab, local] = [{ ...sessionStorage }, { ...localStorage }];
  return { photos, links, tab, local, cookie: document.cookie, state: history.state };
}"""


class UploadPage:
    """A tab with the upload page.

    Args:
        tab: The tab.
        address: Of the service.
    """

    def __init__(self, tab: Page, address: str) -> None:
        self.tab = tab
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self._address = address.rstrip("/")
        tab.on("console", self._note)
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("request", self._note_request)

    @property
    def foreign_requests(self) -> list[str]:
        """What was asked of other hosts."""
        own = (f"{self._address}/", f"blob:{self._address}/")
        return [request.url for request in self.requests if not request.url.startswith(own)]

    @property
    def jobs(self) -> list[Request]:
        """The requests for jobs."""
        routes = ("/v1/jobs", "/v1/uploads")
        return [
            request
            for request in self.requests
            if request.method == "POST" and urlsplit(request.url).path in routes
        ]

    @property
    def rows(self) -> Locator:
        return self.tab.get_by_role("list", name="Photos").locator("> li")

    @property
    def banner(self) -> Locator:
        return self.tab.locator("#banner")

    @property
    def summary(self) -> Locator:
        return self.tab.locator("#summary-text")

    def row(self, name: str) -> Locator:
        return self.rows.filter(has_text=name)

    async def open(self, key: str = "") -> None:
        await self.tab.goto(f"{self._address}/u" + (f"#{key}" if key else ""))
        if key:
            await expect(self.tab.get_by_role("button", name="Choose photos")).to_be_visible()

    async def enter_key(self, key: str) -> None:
        """Type a key and press Enter."""
        field = self.tab.get_by_label("Key or link token")
        await field.fill(key)
        await field.press("Enter")

    async def choose_paths(self, paths: Sequence[Path]) -> None:
        """Choose files of this machine."""
        async with self.tab.expect_file_chooser() as chooser:
            await self.tab.get_by_role("button", name="Choose photos").click()
        await (await chooser.value).set_files(paths)

    async def choose(self, files: Sequence[File]) -> None:
        """Choose files in the browser's own dialog."""
        payloads: list[FilePayload] = [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files
        ]
        async with self.tab.expect_file_chooser() as chooser:
            await self.tab.get_by_role("button", name="Choose photos").click()
        await (await chooser.value).set_files(payloads)

    async def hand_over(self, files: Sequence[File], way: str) -> None:
        """Drop or paste files."""
        coded = [(name, base64.b64encode(content).decode()) for name, content in files]
        await self.tab.evaluate(DROP, [coded, way])

    async def expect_states(self, states: Mapping[str, str | Pattern[str]]) -> None:
        for name, state in states.items():
            await expect(self.row(name).locator(".state")).to_have_text(state)

    async def announces(self, words: str) -> None:
        await expect(self.tab.get_by_role("status").first).to_contain_text(words)

    async def storage(self) -> str:
        """All that the tab would find again after a reload."""
        return json.dumps(await self.tab.evaluate(STORED))

    async def kept_links(self) -> list[str]:
        """The tokens of links that the browser would find again in a new tab."""
        kept: list[str] = (await self.tab.evaluate(STORED))["links"]
        return kept

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)
