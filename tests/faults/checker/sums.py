"""I6 sums: each case in exactly one place of the sum, every statistic a recount from the facts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from fengqiao_contracts.areas import areas
from fengqiao_contracts.life import CaseState, bucket_of

from .model import Evidence, Judgement, Violation, judge
from .told import Told, tell

BUCKETS = ("pending", "assigned", "waiting", "redirected", "parked", "ended")


def cases_are_in_one_bucket(e: Evidence) -> Iterator[Judgement]:
    """registered = pending + assigned + waiting + redirected + parked + ended, by the lists behind
    the numbers: each case in exactly one.
    """
    for code, numbers in e.numbers.items():
        inside = {c for c, told in _counted(e).items() if told.area_path.startswith(_path(code))}
        listed = Counter(c for bucket in BUCKETS for c in numbers.lists[bucket])
        for case_id in sorted({*inside, *listed}):
            in_sum = listed[case_id] if case_id in inside else -listed[case_id]
            yield judge(in_sum == 1, "I6", case_id, f"in {listed[case_id]} buckets of {code}")
        counts = [numbers.overview["buckets"][b]["n"] for b in BUCKETS]
        total = numbers.overview["registered"]["n"]
        words = f"{total} registered, {len(inside)} stated, {counts} in the buckets"
        yield judge(total == len(inside) == sum(counts), "I6", code, words)


def _path(code: str) -> str:
    return areas().path(code)


def register_is_the_facts(e: Evidence) -> Iterator[Judgement]:
    """The register's row and its surface, and the statistics' row, say of each case what the facts
    say.
    """
    surface = {
        case_id: {**item, "grade": item["risk"], "mediator": item["mediator_id"]}
        for case_id, item in e.register.items()
    }
    places: tuple[tuple[str, str, Mapping[str, Mapping[str, Any]]], ...] = (
        ("intake", "the register", {r["id"]: r for r in e.rows["intake_cases"]}),
        ("intake", "GET /v1/cases", surface),
        ("analytics", "the statistics", {r["id"]: r for r in e.rows["analytics_cases"]}),
    )
    for group, where, rows in places:
        told = tell(e, group)
        for case_id in sorted({*told, *rows}):
            state = told[case_id].state if case_id in told else None
            yield _agrees(case_id, state, where, rows.get(case_id))


_SAID = (
    *("status", "type", "grade", "suitability", "outlet", "committee_id"),
    *("mediator", "waiting_reason", "overdue"),
)


def _agrees(
    case_id: str, state: CaseState | None, where: str, row: Mapping[str, Any] | None
) -> Judgement:
    if row is None or state is None:
        return Violation("I6", case_id, f"in {where}: {row is not None}, stated: {bool(state)}")
    differs = [(n, row[n], getattr(state, n)) for n in _SAID if row[n] != getattr(state, n)]
    return judge(not differs, "I6", case_id, f"{where} and the facts differ in {differs}")


def overviews_are_recounts(e: Evidence) -> Iterator[Judgement]:
    """Every number of every overview, and the length of the list behind it, counted anew."""
    cases = _counted(e)
    for code, numbers in e.numbers.items():
        inside = {c: t for c, t in cases.items() if t.area_path.startswith(_path(code))}
        wanted = {
            "status": Counter(t.state.status for t in inside.values()),
            "type": Counter(t.state.type or "unknown" for t in inside.values()),
            "grade": Counter(t.state.grade or "unknown" for t in inside.values()),
            "channel": Counter(t.channel for t in inside.values()),
            "units": Counter(t.state.committee_id or "unknown" for t in inside.values()),
            "areas": Counter(_below(code, t.area_path) for t in inside.values()),
        }
        for what, counts in wanted.items():
            said = {row["code"]: row["n"] for row in numbers.overview[what]}
            words = f"{what} of {code}: said {_diff(said, counts)}"
            yield judge(said == dict(counts), "I6", what, words)
            for row in numbers.overview[what]:
                listed = len(numbers.lists[f"{what}/{row['code']}"])
                words = f"{what} {row['code']} of {code}: {row['n']}, the list has {listed}"
                yield judge(listed == row["n"], "I6", what, words)


def _below(code: str, path: str) -> str:
    return path.removeprefix(_path(code)).split("/")[0] or code


def _counted(e: Evidence) -> Mapping[str, Told]:
    return tell(e, "analytics")


def _diff(said: Mapping[str, int], counts: Mapping[str, int]) -> str:
    keys = sorted({*said, *counts})
    pairs = {k: (said.get(k, 0), counts.get(k, 0)) for k in keys}
    return ", ".join(f"{k} {a} for {b}" for k, (a, b) in pairs.items() if a != b)


def buckets_are_recounts(e: Evidence) -> Iterator[Judgement]:
    """The numbers of the case sum; a parked case counts as parked, unless it has ended."""
    for code, numbers in e.numbers.items():
        wanted: Counter[str] = Counter()
        for case_id, told in _counted(e).items():
            if told.area_path.startswith(_path(code)):
                bucket = bucket_of(told.state.status)
                parked = case_id in e.parked_cases and bucket != "ended"
                wanted["parked" if parked else bucket] += 1
        for bucket in BUCKETS:
            said = numbers.overview["buckets"][bucket]["n"]
            listed = len(numbers.lists[bucket])
            words = f"{bucket} of {code}: {said}, listed {listed}, recounted {wanted[bucket]}"
            yield judge(said == listed == wanted[bucket], "I6", bucket, words)


def trends_are_recounts(e: Evidence) -> Iterator[Judgement]:
    """Registrations by day of every series of every trend."""
    for code, numbers in e.numbers.items():
        inside = [t for t in _counted(e).values() if t.area_path.startswith(_path(code))]
        for what, trend in numbers.trends.items():
            wanted: Counter[tuple[str, str]] = Counter()
            for told in inside:
                key = {
                    "status": told.state.status,
                    "type": told.state.type or "unknown",
                    "grade": told.state.grade or "unknown",
                    "channel": told.channel,
                    "area": _below(code, told.area_path),
                    "unit": told.state.committee_id or "unknown",
                }[what]
                wanted[key, told.registered.isoformat()] += 1
            said = {
                (series["code"], point["day"]): point["n"]
                for series in trend["series"]
                for point in series["points"]
                if point["n"]
            }
            words = f"trend by {what} of {code}: {sum(said.values())} for {wanted.total()}"
            yield judge(said == dict(wanted), "I6", f"trend/{what}", words)


def daily_summaries_are_recounts(e: Evidence) -> Iterator[Judgement]:
    """The flows of the day, where the summary was not issued before later events."""
    for code, numbers in e.numbers.items():
        if numbers.daily["issue"] != 0:
            continue
        day = date.fromisoformat(numbers.daily["day"])
        inside = [t for t in _counted(e).values() if t.area_path.startswith(_path(code))]
        flows = ("registered", "assigned", "redirected", "ended", "overdue")
        wanted = {flow: sum(getattr(t, flow) == day for t in inside) for flow in flows}
        for grade in ("red", "yellow"):
            wanted[grade] = sum(t.registered == day and t.state.grade == grade for t in inside)
        said = dict(numbers.daily["counts"])
        yield judge(said == wanted, "I6", f"daily/{code}", f"said {_diff(said, wanted)}")


def rollups_are_recounts(e: Evidence) -> Iterator[Judgement]:
    """The tables of counts, row by row, and `fengqiao recount`."""
    wanted: Counter[tuple[Any, ...]] = Counter()
    for told in _counted(e).values():
        state = told.state
        key = (told.registered, told.district, state.type or "unknown", state.grade or "unknown")
        wanted[*key, told.channel, state.status] += 1
    columns = ("day", "district", "type", "grade", "channel", "status")
    held = {tuple(r[c] for c in columns): r["n"] for r in e.rows["analytics_counts"] if r["n"]}
    for key in sorted({*wanted, *held}):
        words = f"holds {held.get(key, 0)}, recounted {wanted[key]}"
        yield judge(held.get(key, 0) == wanted[key], "I6", "/".join(map(str, key)), words)
    told_all = _counted(e).values()
    units = Counter(
        (t.district, t.state.committee_id or "unknown", t.state.status) for t in told_all
    )
    rows = e.rows["analytics_units"]
    kept = {(r["district"], r["unit"], r["status"]): r["n"] for r in rows if r["n"]}
    words = f"{len(kept)} rows of units for {len(units)}"
    yield judge(kept == dict(units), "I6", "units", words)
    words = f"recount says {json.dumps(e.recount['differences'], ensure_ascii=False)[:300]}"
    yield judge(e.recount["equal"] is True, "I6", "recount", words)
    right = e.recount["registered"] == len(_counted(e))
    yield judge(right, "I6", "recount", f"recount has {e.recount['registered']} cases")


SUMS = (
    cases_are_in_one_bucket,
    register_is_the_facts,
    overviews_are_recounts,
    buckets_are_recounts,
    trends_are_recounts,
    daily_summaries_are_recounts,
    rollups_are_recounts,
)
