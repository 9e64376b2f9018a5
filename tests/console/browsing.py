"""A browser that forgives nothing: errors of the console, failed requests and other hosts fail the test."""

import contextlib
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    Route,
    ViewportSize,
    async_playwright,
)
from servers import EX_UNAVAILABLE, ROOT, ServerUnavailable

SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
AXE = ROOT / "gateway/console/node_modules/axe-core/axe.min.js"


def chromium() -> str:
    """The path of the browser; raises ServerUnavailable where it cannot be had."""
    done = subprocess.run(
        [str(ROOT / "deploy/browser.sh")], capture_output=True, text=True, check=False
    )
    if done.returncode == EX_UNAVAILABLE:
        raise ServerUnavailable(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Watched:
    """A browser with its pages on one platform, and everything that went wrong in them."""

    context: BrowserContext
    url: str
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of what a test provokes: a refusal is an error to the browser's console."""

    async def page(self, path: str = "/") -> Page:
        """A new page on a path of the platform."""
        page = await self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        await page.goto(self.url + path)
        return page

    async def logged_in(self, username: str, password: str, path: str = "/") -> Page:
        """A page after the login form of `username`."""
        page = await self.page(path)
        await page.fill("#username", username)
        await page.fill("#password", password)
        await page.press("#password", "Enter")
        await page.wait_for_selector("main#page")  # a phone keeps the menu shut
        return page

    async def guard(self, route: Route) -> None:
        """Let nothing out to another host."""
        if route.request.url.startswith((self.url, "data:", "blob:")):
            await route.continue_()
        else:
            self.wrong.append(f"another host: {route.request.url}")
            await route.abort()

    def check(self) -> None:
        """Raise AssertionError with what went wrong and was not expected."""
        found = [one for one in self.wrong if not any(part in one for part in self.expected)]
        assert not found, "\n".join(found)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console {message.type}: {message.text} {message.location}")

    def _error(self, error: Error) -> None:
        self.wrong.append(f"unhandled: {error}")

    def _failed(self, request: Request) -> None:
        left = request.failure == "net::ERR_ABORTED"  # the page was left while it waited
        if not left:
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"answered {response.status}: {response.url}")


@contextlib.asynccontextmanager
async def browsing(
    url: str, size: ViewportSize, executable: str, **more: Any
) -> AsyncIterator[Watched]:
    """A browser in Chinese and Chengdu's time; what goes wrong in it is raised at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=[*SWITCHES])
        context = await browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size, **more
        )
        watched = Watched(context, url)
        await context.route("**/*", watched.guard)
        try:
            yield watched
        finally:
            await browser.close()
    watched.check()


async def violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page as it stands."""
    # evaluated, not added as a script: the page's policy allows scripts of ours alone
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
