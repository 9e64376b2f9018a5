"""The decision table over every combination that the published code tables allow."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
import yaml

from fengqiao_contracts import codes
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.values import Screening
from fengqiao_routing import table_file
from fengqiao_routing.domain.table import URGENCY, Dispute, Table, disputes, mediating

TABLE = table_file.load()
ALL = list(disputes())
EXPECTED = {
    "A": {"department", "reconsideration", "petition", "administrative_ruling"},
    "C": {"police"},
    "J": {"court", "arbitration"},
    "D": {"police"},
    "N": {"consultation"},
}


def raw() -> dict[str, Any]:
    text = (resources.files("fengqiao_routing") / "data" / table_file.LATEST).read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def test_the_enumeration_is_complete() -> None:
    assert len(ALL) == len(set(ALL)) == 9 * 19 * 7 * 4


def test_every_combination_names_outlet_reason_and_rule() -> None:
    for dispute in ALL:
        verdict = TABLE.decide(dispute)
        assert verdict.rule in TABLE.rules, dispute
        assert verdict.reasons, dispute
        assert all(reason.strip() for reason in verdict.reasons), dispute
        assert verdict.source, dispute
        if dispute.suitability == "U":
            assert (verdict.action, verdict.outlet) == ("human", None), dispute
            assert verdict.alternatives, dispute
        else:
            assert verdict.outlet in codes.table("outlets"), dispute


def test_what_is_not_for_mediation_never_gets_a_mediator() -> None:
    for dispute in ALL:
        verdict = TABLE.decide(dispute)
        fit = dispute.type != "00" and dispute.suitability == "M"
        assert (verdict.action == "mediate") == fit, dispute
        assert bool(verdict.ladder) == fit, dispute
        if not fit and verdict.outlet is not None:
            assert not mediating(verdict.outlet), dispute


@pytest.mark.parametrize("suitability", sorted(EXPECTED))
def test_each_other_suitability_goes_to_its_own_channel(suitability: str) -> None:
    found = {TABLE.decide(d).outlet for d in ALL if d.suitability == suitability}
    assert found == EXPECTED[suitability]


def test_a_redirected_person_is_told_the_channel_and_the_papers() -> None:
    for dispute in ALL:
        verdict = TABLE.decide(dispute)
        if verdict.action == "redirect":
            assert "需要的材料：" in verdict.guidance, dispute
            assert "身份证明" in verdict.guidance or "材料" in verdict.guidance


def test_domestic_violence_goes_to_the_police_and_names_the_protection_order() -> None:
    verdict = TABLE.decide(Dispute("self", "01", "D", "red"))
    assert verdict.outlet == "police"
    assert "人身安全保护令" in verdict.guidance
    assert verdict.stops_accepted


def test_a_case_the_court_has_accepted_stays_with_the_court() -> None:
    verdict = TABLE.decide(Dispute("court", "04", "J", "blue"))
    assert (verdict.outlet, verdict.rule) == ("court", "J-1")
    assert not verdict.stops_accepted


def test_no_dispute_but_a_crime_goes_to_the_police_not_to_consultation() -> None:
    assert TABLE.decide(Dispute("self", "00", "C", "none")).outlet == "police"
    assert TABLE.decide(Dispute("self", "00", "M", "none")).rule == "N-2"


def test_a_screening_rule_chooses_among_the_other_outlets_of_the_rule() -> None:
    dispute = Dispute("self", "06", "C", "yellow")
    named = Screening(rule="crime", article="刑诉法113", instead="procuratorate")
    verdict = TABLE.decide(dispute, [named])
    assert verdict.outlet == "procuratorate"
    assert "12309" in verdict.guidance
    assert any("crime" in reason for reason in verdict.reasons)
    assert "police" in {one.id for one in verdict.alternatives}


def test_a_screening_rule_can_not_make_mediation_of_what_is_not() -> None:
    named = Screening(rule="x", article="y", instead="mediation")
    for dispute in ALL:
        if dispute.suitability in "ACJDN":
            assert TABLE.decide(dispute, [named]) == TABLE.decide(dispute)


def test_petition_cases_ask_the_petition_committee_first() -> None:
    for dispute in ALL:
        verdict = TABLE.decide(dispute)
        if verdict.action == "mediate":
            assert (verdict.ladder[0] == "petition") == (dispute.channel == "petition")


def test_the_level_follows_the_grade() -> None:
    last = {g: TABLE.decide(Dispute("self", "02", "M", g)).ladder for g in URGENCY}
    assert last["red"] == ("professional", "district")
    assert last["yellow"] == ("professional", "street", "district")
    assert last["blue"] == last["none"] == ("professional", "community", "street", "district")


def test_every_rule_is_reached_and_has_a_source() -> None:
    assert {TABLE.decide(dispute).rule for dispute in ALL} == set(TABLE.rules)
    assert all(row["source"].strip() for row in raw()["rules"])
    assert all(row["source"].strip() for row in raw()["outlets"].values())


def test_the_conditions_of_the_table_use_published_codes_only() -> None:
    tables = {
        "channel": "channels",
        "type": "types",
        "suitability": "suitability",
        "grade": "grades",
    }
    for row in raw()["rules"]:
        for key, values in row["when"].items():
            assert set(values) <= set(codes.table(tables[key]).codes), row["id"]


def test_a_table_that_leaves_a_dispute_open_is_refused() -> None:
    data = raw()
    data["rules"] = [row for row in data["rules"] if row["id"] != "M-B"]
    with pytest.raises(Invalid) as refusal:
        table_file.parse(data)
    assert refusal.value.code == "table-incomplete"


@pytest.mark.parametrize(
    ("dispute", "field"),
    [
        (Dispute("pigeon", "02", "M", "red"), "channel"),
        (Dispute("self", "2", "M", "red"), "type"),
        (Dispute("self", "02", "Z", "red"), "suitability"),
        (Dispute("self", "02", "M", "green"), "grade"),
    ],
)
def test_an_unknown_code_is_refused_by_name(dispute: Dispute, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        TABLE.decide(dispute)
    assert refusal.value.field == field


def test_a_dispatcher_who_names_mediation_gets_the_ladder_of_a_fit_dispute() -> None:
    unclear = Dispute("self", "13", "U", "red")
    verdict = TABLE.by_human("mediation", unclear)
    assert verdict.ladder == TABLE.decide(unclear._replace(suitability="M")).ladder
    assert isinstance(TABLE, Table)
