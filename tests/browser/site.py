"""Pages of the service in a tab: what they log, load and violate, and what axe-core finds."""

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from api.pages.assets.registry import PAGES

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
SLOW_NETWORK = {  # Lighthouse's "slow 4G".
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
MEASURE = """() => [
  performance.getEntriesByType("paint")[0].startTime,
  performance.getEntriesByType("resource")
    .filter((one) => new URL(one.name).pathname.endsWith(".js"))
    .reduce((sum, one) => sum + one.decodedBodySize, 0),
]"""
RUN_AXE = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"


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

    async def check(self) -> None:
        """Check the page as it is now: by axe-core, for its policy, and for sideways scrolling."""
        found = await self.findings()
        assert found == [], found
        assert await self.tab.evaluate("window.violations") == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await self.tab.evaluate(wide), "the page scrolls sideways"
        assert self.errors == []
        assert self.foreign_requests == []

    async def findings(self) -> list[tuple[str, str]]:
        """Return what axe-core finds: rule and elements."""
        if not await self.tab.evaluate("() => 'axe' in window"):
            await self.tab.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = await self.tab.evaluate(RUN_AXE)
        return [
            (one["id"], f"{node['html'][:160]} {node['failureSummary']}")
            for one in found
            for node in one["nodes"]
        ]

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

    async def measure(self) -> tuple[float, int]:
        """Return when the page was first painted, in ms, and the bytes of its scripts."""
        await self.tab.wait_for_function("performance.getEntriesByType('paint').length > 0")
        paint_ms, script_bytes = await self.tab.evaluate(MEASURE)
        return paint_ms, script_bytes

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
    tab = await context.new_page()
    await tab.add_init_script(NOTE_VIOLATIONS)
    return context, Site(tab, address)
