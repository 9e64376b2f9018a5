"""Schemathesis over the OpenAPI document of the running platform: all checks, to the end of each run."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest
from flow.running import MODES
from hostile.door import NOBODY, Door
from hostile.fuzzing import WORDS, Finding, Plan, fuzz
from hostile.town import settle_town

NOT_BY_THE_CITY = r"gateway\.(log_out|stream)"
"""`log_out` would end the run's own session: it is in the partner's run. `stream` never ends."""

WHOLE = {
    "embedded": Plan("examples,coverage,fuzzing", 2),
    # What does not fit is refused before a database is asked, in the same code: it is sent once.
    "servers": Plan("examples,coverage,fuzzing", 1, mode="positive"),
}
"""About 6,900 requests in one process and 2,200 on servers, nearly all of the phase `coverage`:
it sends the edges of every schema and takes no number.
"""

CHAINS = {
    "embedded": Plan("stateful", 30, mode="positive", steps=10),
    "servers": Plan("stateful", 15, mode="positive", steps=10),
}
"""Wrong values are the other phases' part: a chain that is refused at its first call leads nowhere."""

GROUPS = {
    "webhooks": ("city", "webhooks", 6),
    "partner": ("court", "webhooks|referrals|cases$|facts", 5),
    "casework": ("city", r"cases(/\{|$)|desk|overdue", 6),
    "registry": ("city", "committees|mediators|experts", 5),
    "door": ("city", "accounts|partners|imports", 4),
}
"""Calls that lead to one another: who makes them, their paths, how many must succeed at least."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
both = pytest.mark.parametrize("door", MODES, indirect=True)


@pytest.fixture(scope="module")
def words(door: Door) -> Mapping[str, Sequence[str]]:
    """What the parameters take seven times of ten: the ids of a small town, among others."""
    known = asyncio.run(settle_town(door.url, door.token("city")))
    return {**WORDS, **known, "body.url": [f"http://{NOBODY}/hook"]}


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What changes instead of the accounts that the runs live on."""
    if "door" in request.fixturenames:
        ids = request.getfixturevalue("door").ids
        kept = {ids["city"]: ids["spare"], ids["court"]: ids["spare partner"]}
        monkeypatch.setenv("FUZZ_STAND_INS", json.dumps(kept))


def shown(findings: list[Finding]) -> str:
    return "\n".join(f"{f.operation} {f.check} [{f.status}] {f.text}" for f in findings)


def check_still_known(door: Door, who: str) -> None:
    """The run has not lost its own proof: else what came after it proves nothing."""
    own = httpx.get(f"{door.url}/v1/auth/me", headers=door.headers[who], timeout=60)
    assert own.status_code == 200, own.text


@both
def test_the_city_finds_nothing_wrong(
    door: Door, words: Mapping[str, Sequence[str]], tmp_path: Path
) -> None:
    report = fuzz(
        door.url,
        door.token("city"),
        tmp_path,
        f"--exclude-operation-id-regex={NOT_BY_THE_CITY}",
        plan=WHOLE[door.stack.mode],
        words=words,
    )

    assert not report.findings, shown(report.findings)
    assert len(report.operations) >= 80
    assert report.requests > 1000
    check_still_known(door, "city")


def test_a_partner_finds_nothing_wrong(door: Door, tmp_path: Path) -> None:
    report = fuzz(
        door.url,
        door.token("court"),
        tmp_path,
        r"--exclude-operation-id-regex=gateway\.stream",
        plan=Plan("examples,fuzzing", 2),
    )

    assert not report.findings, shown(report.findings)
    assert len(report.operations) >= 80


def follow(door: Door, words: Mapping[str, Sequence[str]], folder: Path, group: str) -> None:
    """Run the chains of a group; nothing is wrong, enough succeeds."""
    who, paths, least = GROUPS[group]
    report = fuzz(
        door.url,
        door.token(who),
        folder,
        f"--include-path-regex=^/v1/({paths})",
        plan=CHAINS[door.stack.mode],
        words=words,
    )

    assert not report.findings, shown(report.findings)
    assert len(report.succeeded) >= least, report.answers
    check_still_known(door, who)


@both
@pytest.mark.parametrize("group", ["casework", "registry", "webhooks"])
def test_chains_of_work_find_nothing_wrong(
    door: Door, words: Mapping[str, Sequence[str]], tmp_path: Path, group: str
) -> None:
    follow(door, words, tmp_path, group)


@pytest.mark.parametrize("group", ["partner", "door"])
def test_chains_at_the_door_find_nothing_wrong(
    door: Door, words: Mapping[str, Sequence[str]], tmp_path: Path, group: str
) -> None:
    follow(door, words, tmp_path, group)
