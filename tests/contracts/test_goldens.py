"""Every fact version is frozen in golden/: it decodes, it reads back equal, it only grows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fengqiao_contracts import facts, personal, schemas
from fengqiao_contracts.facts import FACTS, LATEST, UPCASTERS, Fact, Pii, UnknownFact, decode
from fengqiao_contracts.values import Value

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def whole(golden: dict[str, Any]) -> dict[str, Any]:
    """The data with the personal part, as a service holds them after decryption."""
    return {**golden["data"], **({"pii": golden["pii"]} if "pii" in golden else {})}


def holds(written: Any, golden: Any) -> bool:
    """Whether all that the golden says is said again; optional fields added since may stand beside."""
    if isinstance(golden, dict):
        return all(key in written and holds(written[key], golden[key]) for key in golden)
    if isinstance(golden, list):
        return len(written) == len(golden) and all(map(holds, written, golden))
    return bool(written == golden) and type(written) is type(golden)


def newest_golden(type_: str) -> dict[str, Any]:
    """The last golden of a type: `<type>.json`, then `<type>.2.json` after its first growth."""
    found = [path for path in FILES if path.stem.split(".v")[0] == type_.split(".v", maxsplit=1)[0]]
    of_type = [path for path in found if read(path)["type"] == type_]
    return read(max(of_type, key=lambda path: len(path.stem)))


@pytest.fixture
def registers() -> Iterator[None]:
    """Facts made inside a test leave no trace in the registers."""
    registers: tuple[dict[str, Any], ...] = (FACTS, LATEST, UPCASTERS)
    kept = [dict(register) for register in registers]
    yield
    for register, before in zip(registers, kept, strict=True):
        register.clear()
        register.update(before)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_decodes_and_reads_back_equal(path: Path) -> None:
    golden = read(path)
    data = whole(golden)

    fact = FACTS[golden["type"]].model_validate(data)

    assert holds(fact.model_dump(mode="json"), data)
    assert FACTS[golden["type"]].model_validate_json(fact.model_dump_json()) == fact
    assert decode(golden["type"], data).subject == golden["data"][golden["subject"]]
    assert (golden["topic"], golden["subject"]) == (fact.TOPIC, fact.SUBJECT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_fact_has_only_grown_since_its_golden(path: Path) -> None:
    golden = read(path)

    assert schemas.breaking_changes(golden["schema"], schemas.schema(FACTS[golden["type"]])) == []


@pytest.mark.parametrize("type_", sorted(FACTS))
def test_every_fact_has_a_golden_of_its_present_shape(type_: str) -> None:
    remedy = f"add it: python -m fengqiao_contracts.schemas {type_} > tests/contracts/golden/…"

    assert newest_golden(type_)["schema"] == schemas.schema(FACTS[type_]), remedy


def test_each_golden_is_named_by_its_type() -> None:
    assert {read(path)["type"] for path in FILES} == set(FACTS)
    assert all(path.name.startswith(read(path)["type"] + ".") for path in FILES)


PLANTED: dict[str, Any] = {
    "removed": lambda s: s["properties"].pop("number"),
    "renamed": lambda s: s["properties"].update(no=s["properties"].pop("number")),
    "retyped": lambda s: s["properties"]["number"].update(type="integer"),
    "another choice": lambda s: s["properties"]["channel"]["enum"].append("fax"),
    "required and new": lambda s: (
        s["properties"].update(extra={"type": "string"}),
        s["required"].append("extra"),
    ),
    "no longer required": lambda s: s["required"].remove("number"),
    "retyped inside a list": lambda s: s["properties"]["parties"]["items"]["properties"][
        "party_id"
    ].update(type="integer"),
    "another format inside a choice": lambda s: s["properties"]["occurred_on"]["anyOf"][0].update(
        format="date-time"
    ),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_change_is_found(plant: str) -> None:
    before = read(GOLDEN / "case.registered.v1.json")["schema"]
    after = json.loads(json.dumps(before))
    PLANTED[plant](after)

    assert schemas.breaking_changes(before, after)


def test_a_new_optional_field_is_no_break() -> None:
    before = read(GOLDEN / "case.registered.v1.json")["schema"]
    after = json.loads(json.dumps(before))
    after["properties"]["weather"] = {"type": "string", "default": ""}
    after["properties"]["parties"]["items"]["properties"]["seat"] = {"type": "integer"}

    assert schemas.breaking_changes(before, after) == []


def test_all_facts_and_values_are_exported() -> None:
    made_here = {
        name
        for fact in FACTS.values()
        for module in [__import__(fact.__module__, fromlist=["x"])]
        for name, found in vars(module).items()
        if isinstance(found, type)
        and issubclass(found, (Fact, Pii, Value))
        and found.__module__ == module.__name__
    }

    assert made_here <= set(facts.__all__)
    assert all(hasattr(facts, name) for name in facts.__all__)


@pytest.mark.parametrize("type_", sorted(FACTS))
def test_personal_data_lives_in_the_personal_part_alone(type_: str) -> None:
    assert personal.misplaced(FACTS[type_]) == []


def test_a_planted_name_outside_the_personal_part_is_found(registers: None) -> None:
    class CallerNoted(Fact, name="caller.noted"):
        case_id: str
        name: str
        remark: str | None = None

    assert personal.misplaced(CallerNoted) == ["name", "remark"]


def test_a_planted_unclassified_word_inside_the_personal_part_is_found(registers: None) -> None:
    class CallerPii(Pii):
        nickname: str

    class CallerSeen(Fact, name="caller.seen"):
        case_id: str
        pii: CallerPii | None = None

    assert personal.misplaced(CallerSeen) == ["pii.nickname"]


def test_the_personal_part_of_every_fact_is_optional_and_can_be_dropped() -> None:
    for path in FILES:
        golden = read(path)
        fact = FACTS[golden["type"]].model_validate(golden["data"])

        assert getattr(fact, "pii", None) is None


def test_an_old_version_is_read_as_the_newest(registers: None) -> None:
    class HintSeenV1(Fact, name="hint.seen", version=1):
        case_id: str
        place: str

    class HintSeen(Fact, name="hint.seen", version=2):
        case_id: str
        area: str
        sure: bool

    UPCASTERS["hint.seen.v1"] = lambda old: {
        "case_id": old["case_id"],
        "area": old["place"],
        "sure": False,
    }

    fact = decode("hint.seen.v1", {"case_id": "c", "place": "510104"})

    assert fact == HintSeen(case_id="c", area="510104", sure=False)
    assert LATEST["hint.seen"] == HintSeen.VERSION
    assert HintSeenV1.TYPE in FACTS


def test_an_old_version_without_an_upcaster_does_not_pass(registers: None) -> None:
    class TipSeenV1(Fact, name="tip.seen", version=1):
        case_id: str

    class TipSeen(Fact, name="tip.seen", version=2):
        case_id: str
        area: str

    missing = [
        type_
        for type_, fact in FACTS.items()
        if LATEST[fact.NAME] > fact.VERSION and type_ not in UPCASTERS
    ]

    assert missing == [TipSeenV1.TYPE]
    assert TipSeen.TYPE not in missing


def test_every_older_version_ships_an_upcaster() -> None:
    old = {type_ for type_, fact in FACTS.items() if LATEST[fact.NAME] > fact.VERSION}

    assert old == set(UPCASTERS)


def test_two_facts_of_one_type_are_refused(registers: None) -> None:
    with pytest.raises(TypeError, match=r"case\.registered\.v1"):

        class Twice(Fact, name="case.registered"):  # pyright: ignore[reportUnusedClass]
            case_id: str


@pytest.mark.parametrize("type_", ["case.registered.v99", "case.vanished.v1", "case.registered"])
def test_an_unknown_type_or_version_is_named_unknown(type_: str) -> None:
    with pytest.raises(UnknownFact):
        decode(type_, {"case_id": "c"})


def test_data_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValidationError):
        decode("case.linked.v1", {"case_id": 7})


def test_an_unknown_field_of_a_later_writer_is_ignored() -> None:
    golden = read(GOLDEN / "case.linked.v1.json")

    later = decode("case.linked.v1", {**golden["data"], "certainty": 0.5})

    assert later == decode("case.linked.v1", golden["data"])


def test_money_is_a_decimal_string_on_the_wire() -> None:
    golden = read(GOLDEN / "case.registered.v1.json")
    fact = decode("case.registered.v1", {**golden["data"], "amount": "123456789012.10"})

    assert '"amount":"123456789012.10"' in fact.model_dump_json()
