"""The checker of the invariants finds nothing on a platform that is right, and each planted bug."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from faults.checker import CHECKS, Evidence, Violation, check, judged
from faults.evidence import asked_again, read_again
from faults.lived import Lived
from faults.plants import in_evidence, in_order, in_store
from faults.plants.planted import InEvidence, InStore
from servers import KafkaBroker, PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ON_SERVERS_ONLY = "I10.outboxes_are_sent"
STORE = "fengqiao.db"
Said = tuple[str, Violation]
"""The check that says it, and what."""
IN_STORE = [*in_store.PLANTS, *in_order.PLANTS]


class Town(NamedTuple):
    """A platform whose cases have lived: its evidence, before and after the kill."""

    environment: dict[str, str]
    before: Evidence
    after: Evidence

    @property
    def data(self) -> Path:
        """The folder of the one process."""
        return Path(self.environment["FENGQIAO_DATA_DIR"])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The embedded platform, ended when its evidence is gathered."""
    return _live(Lived(tmp_path_factory.mktemp("town")))


def _live(lived: Lived) -> Town:
    try:
        return Town(lived.stack.environment, *asyncio.run(lived.live()))
    finally:
        lived.stop()


@pytest.fixture(scope="module")
def said(town: Town, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Said]]:
    """What every check says of each planted bug, by the bug's name."""
    found = {bug.name: _said(bug.plant(town.after)) for bug in in_evidence.PLANTS}
    for bug in IN_STORE:
        copy = copied(town, tmp_path_factory.mktemp("copy"))
        plant(copy, bug.sql)
        found[bug.name] = _said(asyncio.run(read_again(town.after, copy)))
    return found


def _said(evidence: Evidence) -> list[Said]:
    return [
        (one.__name__, violation)
        for checks in CHECKS.values()
        for one in checks
        for violation in one(evidence)
        if violation
    ]


def copied(town: Town, folder: Path) -> dict[str, str]:
    """The environment of a copy of the store."""
    shutil.copytree(town.data / "keys", folder / "keys")
    source, target = sqlite3.connect(town.data / STORE), sqlite3.connect(folder / STORE)
    source.backup(target)
    source.close()
    target.close()
    return town.environment | {"FENGQIAO_DATA_DIR": str(folder)}


def plant(environment: dict[str, str], statements: tuple[str, ...]) -> None:
    """Run the statements on the copy; each of them must change something."""
    store = Path(environment["FENGQIAO_DATA_DIR"]) / STORE
    with closing(sqlite3.connect(store)) as connection, connection:
        for statement in statements:
            done = connection.execute(statement)
            assert done.rowcount != 0, f"changed nothing: {statement}"


def names_it(said: list[Said], bug: InStore | InEvidence) -> None:
    """The checker names the invariant, in these words."""
    right = [v for _, v in said if v.invariant == bug.invariant and bug.words in v.words]
    others = "\n".join(str(v) for _, v in said[:20])
    assert right, f"nothing of {bug.invariant} says {bug.words!r}:\n{others}"


def test_a_platform_that_is_right_breaks_nothing(town: Town) -> None:
    for evidence in (town.before, town.after):
        assert not check(evidence), "\n".join(map(str, check(evidence)))


def test_every_check_had_something_to_judge(town: Town) -> None:
    counts = judged(town.after)

    assert {name for name, n in counts.items() if n == 0} == {ON_SERVERS_ONLY}
    invariants = {"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10"}
    assert {name.partition(".")[0] for name in counts} == invariants


def test_the_town_met_what_the_checks_are_about(town: Town) -> None:
    statuses = {item["status"] for item in town.after.register.values()}
    assert statuses >= {
        *("assigned", "waiting", "redirected", "refused", "accepted", "mediating", "agreed"),
        *("effective", "closed", "archived", "terminated"),
    }
    names = {fact.name for fact in town.after.facts}
    assert names >= {"assignment.withdrawn", "mediator.changed", "mediator.retired"}
    assert {row["grp"] for row in town.after.rows["bus_parked"]} >= {"intake", "analytics"}
    assert any(entry.unknown for entry in town.after.history)
    assert {entry.reader.role for entry in town.after.history} >= {"district", "partner"}
    assert len(town.after.by_case) >= 30


@pytest.mark.parametrize("bug", IN_STORE, ids=lambda bug: bug.name)
def test_a_bug_in_the_store_is_named(bug: InStore, said: dict[str, list[Said]]) -> None:
    names_it(said[bug.name], bug)


@pytest.mark.parametrize("bug", in_evidence.PLANTS, ids=lambda bug: bug.name)
def test_a_bug_in_what_was_seen_is_named(bug: InEvidence, said: dict[str, list[Said]]) -> None:
    names_it(said[bug.name], bug)


def test_every_check_has_found_a_planted_bug(said: dict[str, list[Said]]) -> None:
    finders = {name for found in said.values() for name, _ in found}
    checks = {one.__name__ for several in CHECKS.values() for one in several}

    assert finders == checks
    assert len(said) == len(IN_STORE) + len(in_evidence.PLANTS)


def test_cases_from_elsewhere_are_no_repeats_where_the_history_is_not_whole(town: Town) -> None:
    forgotten = replace(town.after, history=town.after.history[4:])

    assert {v.words.partition(",")[0] for v in check(forgotten)} >= {
        "2 cases beside those answered"
    }
    assert not check(replace(forgotten, whole_history=False))


def test_only_concurrent_facts_may_swap_at_a_refill(town: Town) -> None:
    source = {"service": "intake", "incarnation": 0, "log_number": 2}
    refilled = replace(town.after, rows={**town.after.rows, "bus_sources": (source,)})
    for one, other, right in (
        ("mediator.assigned", "case.accepted", True),
        ("case.accepted", "consent.given", False),
    ):
        assert _feed_is_right(_swapped(town.after, one, other)) is False
        assert _feed_is_right(_swapped(refilled, one, other)) is right


def _feed_is_right(e: Evidence) -> bool:
    return not any("the feed has" in v.words for v in check(e))


def _swapped(e: Evidence, one: str, other: str) -> Evidence:
    """Let the gateway's feed have two facts of the archived case in the other order."""
    case_id = next(i for i, item in e.register.items() if item["status"] == "archived")
    ids = {f.name: f.id for f in reversed(e.by_case[case_id])}
    places = {ids[one]: ids[other], ids[other]: ids[one]}
    feed = [
        {**r, "fact_id": places.get(r["fact_id"], r["fact_id"])} for r in e.rows["gateway_facts"]
    ]
    return replace(e, rows={**e.rows, "gateway_facts": tuple(feed)})


async def test_a_copy_of_the_store_breaks_nothing(town: Town, tmp_path: Path) -> None:
    evidence = await read_again(town.after, copied(town, tmp_path))

    assert not check(evidence), "\n".join(map(str, check(evidence)))


async def test_export_and_audit_verify_are_asked_of_the_store(town: Town, tmp_path: Path) -> None:
    copy = copied(town, tmp_path)
    plant(copy, ("UPDATE bus_audit SET actor = 'nobody' WHERE chain = 2 AND service = 'intake'",))
    plant(copy, ("DELETE FROM bus_outbox WHERE type = 'case.archived.v1'",))

    evidence = await asked_again(town.after, copy)

    assert evidence.chains["intake"] == "chain broken at entry 2"
    words = {v.words for v in check(evidence)}
    assert "audit verify: chain broken at entry 2" in words
    assert any(text.startswith("exported") for text in words)


@pytest.mark.postgres
@pytest.mark.kafka
def test_seven_services_on_real_servers_break_nothing(
    pg_server: PostgresServer, kafka_server: KafkaBroker, tmp_path: Path
) -> None:
    asyncio.run(kafka_server.clear())
    addresses = {
        "FENGQIAO_DATABASE_URL": asyncio.run(pg_server.create_database()),
        "FENGQIAO_KAFKA_BOOTSTRAP": kafka_server.bootstrap,
    }
    town = _live(Lived(tmp_path, addresses))

    for evidence in (town.before, town.after):
        assert not check(evidence), "\n".join(map(str, check(evidence)))
    assert all(judged(town.after).values()), judged(town.after)
