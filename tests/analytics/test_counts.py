"""Counting by the facts alone."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fengqiao_analytics.domain import changed, daily_counts, recount_facts
from fengqiao_analytics.domain.counts import begin, follow, replay
from fengqiao_analytics.domain.periods import next_issue_at, period
from fengqiao_contracts import facts as f
from fengqiao_contracts.values import Grade

AT = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
"""Already the 26th in Shanghai."""


@dataclass(frozen=True)
class Exported:
    """A fact as an export holds it."""

    type: str
    subject: str
    topic: str
    time: datetime
    data: bytes


def exported(fact: f.Fact, at: datetime = AT) -> Exported:
    data = fact.model_dump(mode="json", exclude={"pii"})
    return Exported(fact.TYPE, fact.subject, fact.TOPIC, at, json.dumps(data).encode())


def registered(case_id: str, path: str = "/510100/510104/510104018/") -> f.CaseRegistered:
    area = path.rstrip("/").rpartition("/")[2]
    return f.CaseRegistered(
        case_id=case_id, number=f"n-{case_id}", unit="510104", channel="grid",
        source="own_initiative", area=area, area_path=path, reported_at=AT, received_at=AT,
        reporter="u", sha256="0",
    )  # fmt: skip


def assessed(case_id: str, grade: Grade) -> f.CaseAssessed:
    return f.CaseAssessed(
        case_id=case_id, revision=1, type="02", suitability="M", grade=grade, score=1,
        confidence=1.0, policy_version="1", input_sha256="0", assessed_at=AT,
    )  # fmt: skip


def waits(case_id: str) -> f.CaseWaitlisted:
    return f.CaseWaitlisted(
        case_id=case_id, decision=1, reason="no_mediator_free", waiting_since=AT
    )


def ends(case_id: str) -> f.CaseTerminated:
    return f.CaseTerminated(case_id=case_id, reason="impasse", guidance="g", terminated_at=AT)


FACTS = [
    exported(fact)
    for fact in (
        registered("a"),
        registered("b", "/510100/gaoxin/510107063/"),
        registered("c", "/510100/"),
        assessed("a", "red"),
        assessed("b", "blue"),
        waits("a"),
        ends("b"),
    )
]


def test_every_case_is_in_exactly_one_bucket_and_every_dimension_has_the_same_sum() -> None:
    counts = recount_facts(FACTS)

    assert counts.registered == 3
    assert counts.buckets == {"waiting": 1, "ended": 1, "pending": 1}
    for numbers in (counts.status, counts.type, counts.grade, counts.channel, counts.district,
                    counts.unit, counts.rollup):  # fmt: skip
        assert sum(numbers.values()) == 3
    assert counts.grade == {"red": 1, "blue": 1, "unknown": 1}


def test_a_case_counts_in_the_district_or_zone_that_manages_it() -> None:
    assert recount_facts(FACTS).district == {
        "/510100/510104/": 1, "/510100/gaoxin/": 1, "/510100/": 1,
    }  # fmt: skip


def test_repeated_facts_change_no_number() -> None:
    twice = [fact for fact in FACTS for _ in range(2)]

    assert recount_facts(twice) == recount_facts(FACTS)


def test_a_lost_fact_is_noticed() -> None:
    assert recount_facts(FACTS[:-1]) != recount_facts(FACTS)


def test_days_are_counted_in_shanghai() -> None:
    lines = replay(FACTS)

    assert {line.received_on for line in lines.values()} == {date(2026, 11, 26)}
    assert lines["b"].ended_on == date(2026, 11, 26)


def test_the_daily_summary_counts_the_flows_of_its_day() -> None:
    lines = list(replay(FACTS).values())

    day = daily_counts(lines, date(2026, 11, 26))
    assert (day["registered"], day["red"], day["ended"], day["assigned"]) == (3, 1, 1, 0)
    assert set(daily_counts(lines, date(2026, 11, 25)).values()) == {0}


def test_a_summary_is_issued_again_only_when_its_numbers_changed() -> None:
    counts = {"registered": 3}

    assert changed(None, counts)
    assert not changed({"registered": 3}, counts)
    assert changed({"registered": 2}, counts)


def test_the_next_summary_is_due_at_six_in_the_evening() -> None:
    noon = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)

    assert next_issue_at(noon) == (date(2026, 11, 25), datetime(2026, 11, 25, 10, 0, tzinfo=UTC))
    day, at = next_issue_at(noon + timedelta(hours=6))
    assert (day, at) == (date(2026, 11, 26), datetime(2026, 11, 26, 10, 0, tzinfo=UTC))


def test_a_period_ends_today() -> None:
    assert period(date(2026, 3, 1), 3) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


def test_a_fact_that_changes_nothing_counted_leaves_the_line_itself() -> None:
    line = begin(registered("a"))
    consent = f.ConsentGiven(case_id="a", party_id="p", given_at=AT)

    assert follow(line, consent, AT) is line
