"""Pages of the service in a tab: what they log, load and violate, and what axe-core finds."""

import io
from collections.abc import AsyncIterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Download,
    Locator,
    Page,
    Request,
    expect,
)

from api.pages.assets.registry import PAGES
from tests.waiting import LATEST_SECONDS, until

PATIENCE_MS = 3 * LATEST_SECONDS * 1000
"""How long a browser waits for what a test expects: a busy machine takes minutes for a
dozen photos."""
AXE = PAGES / "node_modules" / "axe-core" / "axe.min.js"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
# The policy of the pages lets no script in by a tag; the browser's own tools may run any.
MOST_HEIGHT_PX = 1600
"""Height of a picture; more of a page is left out."""
SLOW_CPU = 4
SLOW_NETWORK_MS = 150
SLOW_NETWORK_BYTES_PER_MS = 200
MOST_FETCHING_MS = 1_200
"""Of 2 s until the first paint; the rest is for a slow processor."""
SLOW_NETWORK = {  # Lighthouse's "slow 4G".
    "offline": False,
    "latency": SLOW_NETWORK_MS,
    "downloadThroughput": SLOW_NETWORK_BYTES_PER_MS * 1000,
    "uploadThroughput": 750e3 / 8,
}
# What a browser fetches before it paints: the page, and what holds the painting up.
MEASURE = """() => [
  performance.getEntriesByType("paint")[0].startTime,
  [
    ...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource").filter(
      (one) => one.renderBlockingStatus === "blocking"
    ),
  ].map((one) => one.encodedBodySize),
  performance.getEntriesByType("resource")
    .filter((one) => new URL(one.name).pathname.endsWith(".js"))
    .reduce((sum, one) => sum + one.decodedBodySize, 0),
]"""
RUN_AXE = """async (rules) => (await axe.run(
  document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) }
)).violations"""
COLOUR_RULES = ("color-contrast",)
"""What can differ between the light and the dark page, which differ in their colours alone."""


class Measured(NamedTuple):
    """What the first paint of a page took: the time is that of this machine, the rest is fixed."""

    paint_ms: float
    before_paint_bytes: list[int]
    """Of the page, and of each file that holds up its painting."""
    script_bytes: int

    def assert_soon(self) -> None:
        """Check that a slow phone has the page in 2 s, by what it fetches, whatever the machine."""
        print(f"first paint after {self.paint_ms:.0f} ms, {self.script_bytes} bytes of script")
        rounds_ms = (2 + len(self.before_paint_bytes)) * SLOW_NETWORK_MS
        sent_ms = sum(self.before_paint_bytes) / SLOW_NETWORK_BYTES_PER_MS
        assert rounds_ms + sent_ms < MOST_FETCHING_MS, self


class Site:
    """A tab with pages of the service.

    Args:
        tab: The tab.
        address: Of the service.
    """

    def __init__(self, tab: Page, address: str) -> None:
        self.tab = tab
        self.address = address.rstrip("/")
        self.errors: list[str] = []
        self.foreign_requests: list[str] = []
        self._devtools: CDPSession | None = None
        tab.on("console", self._note)
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("request", self._note_request)

    async def open(self, path: str) -> None:
        """Open a page."""
        await self.tab.goto(f"{self.address}{path}")

    async def sign_in(self, key: str, path: str = "/admin") -> None:
        """Open a page by signing in with a key."""
        await self.open(path)
        await self.tab.get_by_label("API key").fill(key)
        await self.tab.get_by_role("button", name="Sign in").click()
        await expect(self.tab).to_have_url(f"{self.address}{path}")
        await self.has_scripts()

    async def has_scripts(self) -> None:
        """Wait until the scripts of the page have run: on a busy machine its links come before."""
        await self.tab.wait_for_load_state("domcontentloaded")

    async def looks(self) -> AsyncIterator[tuple[str, str]]:
        """Show the page as it is in each size and colour scheme; gives these."""
        for size, scheme in product(SIZES, SCHEMES):
            await self._show(size, scheme)
            yield size, scheme

    async def check_looks(self, picture: str = "", *, whole: bool = True) -> None:
        """Check the page in each size and scheme.

        Args:
            picture: Saves pictures with names that begin so.
            whole: See :meth:`save_picture`.
        """
        async for size, scheme in self.looks():
            await self.check(COLOUR_RULES if scheme == "dark" else None)
            if picture:
                await self.save_picture(f"{picture}-{size}-{scheme}", whole=whole)

    async def _show(self, size: str, scheme: str) -> None:
        width, height = SIZES[size]
        if self._devtools is None:
            self._devtools = await self.tab.context.new_cdp_session(self.tab)
        touch = {"enabled": size == "phone"}
        await self._devtools.send("Emulation.setTouchEmulationEnabled", touch)
        await self.tab.set_viewport_size({"width": width, "height": height})
        await self.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    async def check(self, rules: Sequence[str] | None = None) -> None:
        """Check the page as it is now: by axe-core, for its policy, and for sideways scrolling.

        Args:
            rules: Those of axe-core; None: all.
        """
        found = await self.findings(rules)
        assert found == [], found
        assert await self.tab.evaluate("window.violations") == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await self.tab.evaluate(wide), "the page scrolls sideways"
        assert self.errors == [], self.errors
        assert self.foreign_requests == []

    async def findings(self, rules: Sequence[str] | None = None) -> list[tuple[str, str]]:
        """Return what axe-core finds: rule and elements."""
        if not await self.tab.evaluate("() => 'axe' in window"):
            await self.tab.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = await self.tab.evaluate(RUN_AXE, rules)
        return [
            (one["id"], f"{node['html'][:160]} {node['failureSummary']}")
            for one in found
            for node in one["nodes"]
        ]

    async def download(self, link: Locator) -> Download:
        """Follow a link until its file has arrived, and give that.

        Browsers call a download canceled that was refused or broken off, as it may be on a busy
        machine; a person follows the link again.
        """

        async def follow() -> Download | None:
            async with self.tab.expect_download() as begun:
                await link.click()
            download = await begun.value
            return None if await download.failure() else download

        return await until(follow)

    async def save_picture(self, name: str, *, whole: bool = True) -> None:
        """Save a picture of the page in docs/images: of all of it, or of what is in view."""
        IMAGES.mkdir(exist_ok=True)
        picture = Image.open(io.BytesIO(await self.tab.screenshot(full_page=whole)))
        shown = picture.crop((0, 0, picture.width, min(picture.height, MOST_HEIGHT_PX)))
        shown.save(IMAGES / f"{name}.webp", quality=80, method=6)

    async def slow_down(self) -> None:
        """Make the tab as slow as a cheap phone in a slow network, with an empty cache."""
        devtools = await self.tab.context.new_cdp_session(self.tab)
        await devtools.send("Network.enable")
        await devtools.send("Network.clearBrowserCache")
        await devtools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})

    async def measure(self) -> Measured:
        """Return what the first paint of the page took."""
        await self.tab.wait_for_function("performance.getEntriesByType('paint').length > 0")
        paint_ms, before, script_bytes = await self.tab.evaluate(MEASURE)
        return Measured(paint_ms, before, script_bytes)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", f"blob:{self.address}/", "data:")):
            self.foreign_requests.append(request.url)


async def new_site(
    browser: Browser, address: str, size: str = "desktop", scheme: str = "light"
) -> tuple[BrowserContext, Site]:
    """Open a tab of a browser that knows nothing yet, in a size and a colour scheme."""
    width, height = SIZES[size]
    context = await browser.new_context(
        locale="en-GB",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    context.set_default_timeout(PATIENCE_MS)
    tab = await context.new_page()
    await tab.add_init_script(NOTE_VIOLATIONS)
    return context, Site(tab, address)
