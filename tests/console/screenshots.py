"""Makes the pictures of docs/screenshots: `python tests/console/screenshots.py FOLDER`.

A demo with its whole city is started for it, in a folder that is thrown away.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, ViewportSize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from console.browsing import browsing, chromium
from servers import free_port

PASSWORD = "zhongping-2026"
STORY = "锦江区督院街街道，我被邻居打伤住院，对方扬言再见面就砍死我，医药费两万元一直不肯付，已找社区调解过两次。"
SIZES: dict[str, ViewportSize] = {
    "1440": {"width": 1440, "height": 900},
    "1366": {"width": 1366, "height": 768},
    "phone": {"width": 360, "height": 760},
}


def main(folder: Path) -> None:
    """Start the demo, wait until its city is whole, and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        port = free_port()
        more = {"FENGQIAO_DATA_DIR": data, "FENGQIAO_DEMO_PASSWORD": PASSWORD}
        command = [sys.executable, "-m", "fengqiao_host", "demo", "--port", str(port)]
        demo = subprocess.Popen(command, env=os.environ | more, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                if "all 2000 cases are in" in line:
                    break
            asyncio.run(_take(f"http://127.0.0.1:{port}", folder))
        finally:
            demo.terminate()
            demo.wait(timeout=60)


async def _take(url: str, folder: Path) -> None:
    executable = chromium()
    for name, size in SIZES.items():
        async with browsing(url, size, executable) as browser:
            page = await browser.page("/login")
            await page.wait_for_selector("#username")
            await _shot(page, folder / f"login-{name}.png")
            page = await browser.logged_in("city", PASSWORD)
            await _look(page, url, folder, name)
            if name == "1440":
                await page.get_by_role("button", name="English").click()
                await page.goto(f"{url}/board")
                await page.wait_for_selector("[data-area=gaoxin]")
                await _shot(page, folder / "board-english-1440.png")


async def _look(page: Page, url: str, folder: Path, name: str) -> None:
    case = await _a_case(page, url)
    for what, path in {
        "board": "/board", "cases": "/cases", "case": f"/cases/{case}", "register": "/cases/new",
        "desk": "/desk", "dispatch": "/waiting",
    }.items():  # fmt: skip
        await page.goto(url + path)
        await page.wait_for_selector("main h1")
        if what == "register":
            await page.fill("#narrative", STORY)
            await page.wait_for_selector("aside .grade")
        await _shot(page, folder / f"{what}-{name}.png")


async def _a_case(page: Page, url: str) -> str:
    """A red case in mediation: every part of its page has something to show."""
    answer = await page.context.request.get(f"{url}/v1/cases?risk=red&status=mediating&size=1")
    found: str = (await answer.json())["items"][0]["id"]
    return found


async def _shot(page: Page, path: Path) -> None:
    await page.wait_for_timeout(1500)
    await page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
