"""The code tables say what the types of the facts allow, and whence each code comes."""

import json
from importlib import resources
from typing import Any, Literal, get_args, get_origin

import pytest

from fengqiao_contracts import codes, values
from fengqiao_contracts.errors import Invalid, NotFound
from fengqiao_contracts.facts import FACTS

LITERALS: dict[str, Any] = {
    "channels": values.Channel,
    "party_roles": values.PartyRole,
    "party_kinds": values.PartyKind,
    "grades": values.Grade,
    "suitability": values.Suitability,
    "outlets": values.Outlet,
    "statuses": values.Status,
    "committee_kinds": values.CommitteeKind,
    "waiting_reasons": values.WaitReason,
}

FIELDS = {
    "agreement_forms": ("agreement.reached.v1", "form"),
    "signer_kinds": ("agreement.signed.v1", "signer_kind"),
    "confirmation_outcomes": ("confirmation.decided.v1", "outcome"),
    "outcomes": ("case.closed.v1", "outcome"),
    "clocks": ("deadline.missed.v1", "kind"),
}


@pytest.mark.parametrize("name", LITERALS)
def test_a_table_has_the_codes_of_its_type(name: str) -> None:
    assert codes.table(name).codes == get_args(LITERALS[name])


@pytest.mark.parametrize("name", FIELDS)
def test_a_table_has_the_codes_of_its_field(name: str) -> None:
    type_, field = FIELDS[name]

    assert codes.table(name).codes == get_args(FACTS[type_].model_fields[field].annotation)


def test_every_choice_of_the_published_values_has_a_table() -> None:
    choices = {n for n, found in vars(values).items() if get_origin(found) is Literal}

    assert choices == {
        n for n, found in vars(values).items() if any(found is one for one in LITERALS.values())
    }


@pytest.mark.parametrize("name", codes.names())
def test_a_table_is_whole(name: str) -> None:
    table = codes.table(name)

    assert table.version
    assert table.source
    assert table.name == name
    assert len(table.by_code) == len(table.rows) > 0
    assert all(row.code and row.zh and row.en for row in table.rows)
    assert json.loads(json.dumps(table.as_json()))["rows"][0]["code"] == table.rows[0].code


def test_every_data_file_is_a_table() -> None:
    folder = resources.files("fengqiao_contracts") / "data" / "codes"
    files = {entry.name for entry in folder.iterdir()}

    assert files == {f"{name}.json" for name in codes.names() if name not in {"areas", "reasons"}}


def test_the_dispute_types_are_the_official_ones() -> None:
    official = [f"{number:02}" for number in range(1, 18)]

    assert list(codes.table("types").codes) == [*official, "99", "00"]
    aliases = [a for row in codes.table("types").rows for a in row.extra["aliases"]]
    assert len(aliases) == len(set(aliases))


def test_every_channel_has_a_case_source_and_four_have_a_linkage() -> None:
    rows = codes.table("channels").rows

    assert all(row.extra["source"] in codes.table("sources") for row in rows)
    assert [row.extra["linkage"] for row in rows if "linkage" in row.extra] == [
        "诉调",
        "公调",
        "访调",
        "交调",
    ]


def test_every_status_counts_in_one_group_of_the_sum() -> None:
    rows = codes.table("statuses").rows

    assert {row.extra["bucket"] for row in rows} == {*codes.table("buckets").codes} - {"parked"}
    assert all(row.extra["ended"] == (row.extra["bucket"] == "ended") for row in rows)


def test_a_grade_is_told_by_word_and_shape_too() -> None:
    rows = codes.table("grades").rows

    for mark in ("zh", "word", "shape", "glyph"):
        assert len({row.as_json()[mark] for row in rows}) == len(rows)


def test_handling_covers_every_grade_in_units_that_are_known() -> None:
    rows = codes.table("handling").rows
    spans = [v for row in rows for v in row.extra.values() if isinstance(v, dict)]

    assert {row.code for row in rows} == {*codes.table("grades").codes}
    assert {span["unit"] for span in spans} <= {"minute", "hour", "day", "working_day"}
    assert all(span["length"] > 0 for span in spans)
    assert codes.table("handling").row("red").extra["sign_for"] == {"length": 30, "unit": "minute"}


def test_what_other_tables_name_exists() -> None:
    types, outlets = codes.table("types"), codes.table("outlets")

    assert all(t in types for row in codes.table("departments").rows for t in row.extra["types"])
    assert all(
        row.extra["instead"] in {None, *outlets.codes}
        for row in codes.table("refusal_reasons").rows
    )
    assert all(
        row.extra["suitability"] in {None, *codes.table("suitability").codes}
        for row in codes.table("redirect_reasons").rows
    )
    assert len(codes.table("departments").rows) == 12


def test_reasons_of_all_acts_stand_in_one_table_too() -> None:
    table = codes.table("reasons")

    assert "termination.impasse" in table
    assert "refusal.other" in table
    assert table.row("refusal.other").extra["act"] == "refusal"


def test_an_unknown_code_names_the_field_and_an_unknown_table_is_not_found() -> None:
    with pytest.raises(Invalid) as refused:
        codes.table("channels").row("fax", field="channel")
    with pytest.raises(NotFound):
        codes.table("colours")

    assert refused.value.field == "channel"
    assert refused.value.code == "unknown-code"
