"""Which columns of a file make which field of a case: given by hand or as a named profile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

_ROLES = ("applicant", "respondent", "third")
_PARTS = {"": "name", "_phone": "phone", "_id": "id_number", "_address": "address"}
TARGETS = frozenset(
    {
        "narrative",
        "reported_at",
        "occurred_on",
        "external",
        "people_count",
        "amount",
        "area",
        "channel",
        "parties",
        "claims",
    }
    | {role + part for role in _ROLES for part in _PARTS}
)
"""What a column can become. `narrative` may join several columns; `external` is the referrer's
number; `applicant`, `respondent`, `third` are names, with `_phone`, `_id`, `_address`."""

_LOOSE_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?"
)
_COMPANY = re.compile(r"(公司|厂|店|中心|医院|学校|银行|合作社|委员会|局|所)$")


class ImportProblem(Exception):
    """The file or the mapping as a whole cannot be imported; the text says the remedy."""


@dataclass(frozen=True)
class ColumnMap:
    """Columns by target, the referrer's system, and which targets a file may lack."""

    columns: Mapping[str, tuple[str, ...]]
    system: str | None = None
    channel: str | None = None
    optional: frozenset[str] = field(default_factory=frozenset)

    def needed(self) -> set[str]:
        """The columns that a table must have."""
        return {
            column
            for target, columns in self.columns.items()
            if target not in self.optional
            for column in columns
        }


def parse_mapping(text: str) -> ColumnMap:
    """`narrative=title+body,reported_at=time,external=msg_id,system=12345`; `system` is literal."""
    columns: dict[str, tuple[str, ...]] = {}
    system = None
    for part in filter(None, (p.strip() for p in text.split(","))):
        target, sign, source = part.partition("=")
        target = target.strip()
        if target == "system":
            system = source.strip()
        elif not sign or target not in TARGETS:
            raise ImportProblem(
                f"不认识的映射 {part!r}：可用的字段 {', '.join(sorted(TARGETS))}\n"
                f"unknown mapping {part!r}: a field is one of {', '.join(sorted(TARGETS))}"
            )
        else:
            columns[target] = tuple(c.strip() for c in source.split("+") if c.strip())
    return _checked(ColumnMap(columns, system))


def profile_names() -> dict[str, tuple[str, str]]:
    """The named profiles with their words."""
    return {name: (p["zh"], p["en"]) for name, p in _profiles().items()}


def profile_map(name: str) -> ColumnMap:
    """The mapping of a named profile; raises ImportProblem for an unknown name."""
    profiles = _profiles()
    if name not in profiles:
        raise ImportProblem(
            f"没有名为 {name} 的映射方案：可用 {', '.join(profiles)}\n"
            f"no profile is named {name}: there are {', '.join(profiles)}"
        )
    found = profiles[name]
    columns = {target: tuple(names) for target, names in found["map"].items()}
    optional = frozenset(found.get("optional", ()))
    return ColumnMap(columns, found.get("system"), found.get("channel"), optional)


@cache
def _profiles() -> dict[str, Any]:
    path = resources.files(__package__) / "data" / "import_profiles.json"
    profiles: dict[str, Any] = json.loads(path.read_text("utf-8"))["profiles"]
    return profiles


def _checked(mapping: ColumnMap) -> ColumnMap:
    if not mapping.columns.get("narrative"):
        raise ImportProblem(
            "映射缺少 narrative：例如 narrative=标题+正文\n"
            "the mapping lacks narrative: e.g. narrative=title+body"
        )
    return mapping


def case_of(row: Mapping[str, Any], mapping: ColumnMap, defaults: Mapping[str, str]) -> Any:
    """The case that a row speaks of, as `POST /v1/imports` takes it.

    What is wrong with a value is left for the service to say: one judge, one wording. Raises
    KeyError naming the first needed column that the row lacks.
    """
    case: dict[str, Any] = dict(defaults)
    case["narrative"] = "\n".join(
        str(row[c]).strip() for c in mapping.columns["narrative"] if _given(row[c])
    )
    for target in ("area", "channel", "parties", "claims"):
        value = _value(row, mapping, target)
        if value is not None:
            case[target] = value if isinstance(value, list) else str(value)
    for target, convert in _CONVERT.items():
        value = _value(row, mapping, target)
        if value is not None:
            case[target] = convert(value)
    number = _value(row, mapping, "external")
    if number is not None:
        system = mapping.system or case.get("channel", "import")
        case["external_ref"] = {"system": system, "number": str(number)}
    parties = [party for role in _ROLES if (party := _party(row, mapping, role))]
    if parties:
        case["parties"] = [*case.get("parties", ()), *parties]
    return case


def _value(row: Mapping[str, Any], mapping: ColumnMap, target: str) -> Any:
    """The value of a target's column, None where it is not mapped or empty."""
    columns = mapping.columns.get(target)
    if not columns:
        return None
    value = row.get(columns[0]) if target in mapping.optional else row[columns[0]]
    if not _given(value):
        return None
    return value.strip() if isinstance(value, str) else value


def _given(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _party(row: Mapping[str, Any], mapping: ColumnMap, role: str) -> dict[str, Any] | None:
    found = {
        name: str(value)
        for part, name in _PARTS.items()
        if (value := _value(row, mapping, role + part)) is not None
    }
    if "name" not in found:
        return None
    kind = "company" if _COMPANY.search(found["name"]) else "person"
    return {"role": role, "kind": kind, **found}


def _time(value: Any) -> Any:
    """A time as spreadsheets write it (2019/2/28 9:05), as ISO text; others as they are."""
    found = _LOOSE_TIME.fullmatch(str(value))
    if not found:
        return value
    year, month, day, clock = found.groups()
    text = f"{year}-{int(month):02d}-{int(day):02d}"
    return f"{text}T{clock.zfill(5 if clock.count(':') == 1 else 8)}" if clock else f"{text}T00:00"


def _day(value: Any) -> Any:
    text = _time(value)
    return text[:10] if isinstance(text, str) and len(text) >= 10 else text


def _number(value: Any) -> Any:
    text = str(value).replace(",", "").replace("，", "")
    return int(text) if text.isascii() and text.isdecimal() else value


def _money(value: Any) -> Any:
    return str(value).replace(",", "").replace("，", "") if isinstance(value, str) else str(value)


_CONVERT = {
    "reported_at": _time,
    "occurred_on": _day,
    "people_count": _number,
    "amount": _money,
}
