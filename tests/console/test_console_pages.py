"""The console in a real browser, on the running platform."""

import re
import time

import httpx
import pytest
from console.browsing import Watched, violations
from console.conftest import Town
from flow.desk import PASSWORD
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.slow]

NUMBER = re.compile(r"[\d,]+")
STORY = "楼上装修把水管打破，漏水泡坏了我家卧室天花板，找楼上谈了两次都没谈拢，要求赔偿三千元。"


def number(text: str) -> int:
    found = NUMBER.findall(text)
    assert found, text
    return int(found[-1].replace(",", ""))


async def total(page: Page) -> int:
    """The length of the list that is open, as it says itself."""
    shown = page.locator("[data-test=total]")
    await expect(shown).to_contain_text(NUMBER)
    await expect(page.locator(".el-loading-mask:visible")).to_have_count(0)
    return number(await shown.inner_text())


async def move(page: Page, path: str) -> None:
    """Go to a path as a link of the console does, without loading the console anew."""
    await page.evaluate(
        "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate', {state: {}})) }",
        path,
    )
    await page.wait_for_timeout(50)


@pytest.mark.parametrize(
    ("username", "first"),
    [
        ("city", "/board"),
        ("jinjiang", "/board"),
        ("clerk", "/board"),
        ("mediator", "/desk"),
        ("the-admin", "/board"),
        ("the-auditor", "/board"),
    ],
)
async def test_each_role_begins_where_its_work_is(
    browser: Watched, username: str, first: str
) -> None:
    page = await browser.logged_in(username, PASSWORD)
    await expect(page).to_have_url(browser.url + first)
    await expect(page.locator("main h1")).to_be_visible()
    links = await page.locator("nav.side a").all_inner_texts()
    assert ("指挥中心" in links) is (username != "mediator")
    assert ("受理登记" in links) is (username not in ("the-admin", "the-auditor"))
    for path in [await a.get_attribute("href") for a in await page.locator("nav.side a").all()]:
        await move(page, str(path))
        await expect(page).to_have_url(browser.url + str(path))
        await expect(page.locator("main h1")).to_be_visible()
    await expect(page.locator(".el-message--error")).to_have_count(0)


async def test_a_wrong_password_is_said_and_a_logout_ends_the_session(browser: Watched) -> None:
    browser.expected += ["401", "/v1/auth/login"]
    page = await browser.page("/cases")
    await expect(page).to_have_url(re.compile("/login"))
    await page.fill("#username", "city")
    await page.fill("#password", "wrong-password")
    await page.press("#password", "Enter")
    await expect(page.get_by_role("alert")).to_contain_text("账号或口令不正确")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await expect(page).to_have_url(browser.url + "/cases")
    await page.click("button.who")
    await page.get_by_text("退出登录").click()
    await expect(page).to_have_url(re.compile("/login"))
    await page.goto(browser.url + "/board")
    await expect(page).to_have_url(re.compile("/login"))


async def test_every_number_of_the_board_is_the_length_of_its_list(browser: Watched) -> None:
    page = await browser.logged_in("city", PASSWORD)
    await page.wait_for_selector("[data-area=gaoxin]")
    await expect(page.locator("[data-tile=waiting-list]")).to_contain_text(NUMBER)
    others = page.locator("a[data-area], .channels a.row, .types a.row")
    numbers = {
        await link.get_attribute("href"): number(await link.locator("b").inner_text())
        for link in await others.all()
    }
    assert len(numbers) >= 20
    tiles = page.locator("a[data-tile]")
    for at in range(await tiles.count()):
        shown = number(await tiles.nth(at).inner_text())
        await tiles.nth(at).click()
        assert await total(page) == shown, page.url
        await page.go_back()
        await page.wait_for_selector("[data-area=gaoxin]")
        await expect(page.locator("[data-tile=waiting-list]")).to_contain_text(NUMBER)
    for place, shown in numbers.items():
        await move(page, str(place))
        assert await total(page) == shown, place


async def test_a_dispute_registered_in_one_browser_is_on_an_open_board_within_a_second(
    browser: Watched,
) -> None:
    board = await browser.logged_in("city", PASSWORD)
    await expect(board.locator(".state.live")).to_be_visible()
    tile = board.locator("[data-tile=registered] b")
    before = number(await tile.inner_text())
    page = await browser.page("/cases/new")
    await page.fill("#narrative", f"锦江区督院街街道。{STORY}")
    await expect(page.locator("aside .grade").first).to_be_visible()
    await page.fill("#name0", "林演示")
    await page.fill("#id0", "110105194912310021")
    await expect(page.get_by_text("校验位正确")).to_be_visible()
    await page.fill("#id0", "11010519491231002X")
    await page.fill("#name1", "周演示")
    await page.get_by_role("button", name="登记", exact=True).click()
    receipt = page.locator("[data-test=receipt]")
    await expect(receipt).to_be_visible()
    began = time.monotonic()
    filed = (await receipt.locator(".big").first.inner_text()).strip()
    await expect(board.locator("[data-test=feed]")).to_contain_text(filed, timeout=1000)
    assert time.monotonic() - began < 1
    await expect(tile).to_have_text(f"{before + 1}", timeout=3000)
    await page.get_by_role("link", name="打开案件").click()
    await expect(page.locator("h1")).to_have_text(filed)
    await expect(page.get_by_role("region", name="分流归口")).to_contain_text(
        "锦江区", timeout=10000
    )


async def test_filters_live_in_the_address_and_a_reload_keeps_them(browser: Watched) -> None:
    page = await browser.logged_in("city", PASSWORD, "/cases?status=assigned")
    kept = await total(page)
    everything = await page.context.request.get(f"{browser.url}/v1/cases?size=1")
    assert 0 < kept < (await everything.json())["total"]
    await page.reload()
    assert await total(page) == kept
    await page.get_by_role("button", name="清除条件").click()
    assert await total(page) == (await everything.json())["total"]


async def test_a_mediator_accepts_a_case_in_the_browser_and_its_stage_moves(
    browser: Watched, town: Town
) -> None:
    page = await browser.logged_in("mediator", PASSWORD, f"/cases/{town.mediator_case}")
    await page.locator("[data-act=accept]").click()
    await page.get_by_role("dialog").get_by_role("button", name="受理", exact=True).click()
    await expect(page.locator(".head .status")).to_have_text("已受理")
    await expect(page.get_by_role("region", name="调解办理")).to_contain_text("人调字")
    async with httpx.AsyncClient(base_url=town.url, trust_env=False) as client:
        headers = {"authorization": f"Bearer {town.stack.token}"}
        work = (
            await client.get(f"/v1/cases/{town.mediator_case}/casework", headers=headers)
        ).json()
    assert work["state"] == "accepted"


async def consent_elsewhere(town: Town, case_id: str) -> None:
    """The last party's consent is recorded by somebody else."""
    async with httpx.AsyncClient(base_url=town.url, trust_env=False) as client:
        client.headers["authorization"] = f"Bearer {town.stack.token}"
        work = (await client.get(f"/v1/cases/{case_id}/casework")).json()
        body = {"party_id": work["parties"][-1]["party_id"], "given": True}
        seen = {"if-match": f'"{work["version"]}"'}
        answer = await client.post(f"/v1/cases/{case_id}/consents", json=body, headers=seen)
        assert answer.is_success, answer.text


async def test_who_was_overtaken_keeps_what_he_typed_and_can_go_on(
    browser: Watched, town: Town
) -> None:
    page = await browser.logged_in("city", PASSWORD, f"/cases/{town.accepted_case}")
    await page.locator("[data-act=give_consent]").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("#note").fill("当面表示愿意调解")
    await consent_elsewhere(town, town.accepted_case)
    browser.expected.append("412")
    await dialog.get_by_role("button", name="登记同意", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("案件已被更新")
    await expect(dialog.locator("#note")).to_have_value("当面表示愿意调解")
    await expect(dialog.get_by_role("radio")).to_have_count(1)  # the case was read again
    await dialog.get_by_role("button", name="登记同意", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_parties_are_masked_and_shown_for_a_purpose_only(
    browser: Watched, town: Town
) -> None:
    page = await browser.logged_in("city", PASSWORD, f"/cases/{town.mediator_case}")
    parties = page.get_by_role("region", name="当事人", exact=True)
    await expect(parties).to_contain_text("*")
    await parties.get_by_role("button", name="查看完整信息").click()
    show = page.get_by_role("dialog").get_by_role("button", name="查看", exact=True)
    await expect(show).to_be_disabled()
    await page.fill("#purpose", "电话约定调解时间")
    await show.click()
    await expect(parties).not_to_contain_text("*")


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_no_page_has_a_serious_finding_of_axe(
    browser: Watched, town: Town, lang: str
) -> None:
    await browser.context.add_init_script(f"localStorage.setItem('fengqiao.lang', '{lang}')")
    page = await browser.page("/login")
    await page.wait_for_selector("#username")
    found = [f"/login {one}" for one in await violations(page)]
    page = await browser.logged_in("city", PASSWORD)
    case = f"/cases/{town.mediator_case}"
    for path in ("/board", "/cases", case, "/cases/new", "/desk", "/waiting", "/overdue", "/none"):
        await move(page, path)
        await expect(page).to_have_url(browser.url + path)
        await page.wait_for_selector("main h1")
        if path == "/cases/new":
            await page.fill("#narrative", STORY)
            await page.wait_for_selector("aside .grade")
        await page.wait_for_timeout(700)
        found += [f"{path} {one}" for one in await violations(page)]
    assert not found, "\n".join(found)
