"""The rules of registration."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from fengqiao_contracts import codes
from fengqiao_contracts.errors import Forbidden, Invalid
from fengqiao_intake.domain import registration as r
from fengqiao_intake.handlers.planning import receipt_hash

NOW = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
"""00:30 of 26 November in Shanghai."""


def test_today_is_shanghais_today() -> None:
    r.check_occurred_on(date(2026, 11, 26), NOW)
    with pytest.raises(Invalid) as refused:
        r.check_occurred_on(date(2026, 11, 27), NOW)
    assert refused.value.field == "occurred_on"


def test_a_dispute_of_2002_is_received_and_one_of_the_year_202_is_not() -> None:
    r.check_occurred_on(date(2002, 3, 1), NOW)
    with pytest.raises(Invalid):
        r.check_occurred_on(date(202, 3, 1), NOW)


def test_a_report_without_time_was_made_now_and_none_is_made_in_the_future() -> None:
    assert r.check_reported_at(None, NOW) == NOW
    assert r.check_reported_at(NOW + timedelta(minutes=1), NOW) == NOW + timedelta(minutes=1)
    with pytest.raises(Invalid):
        r.check_reported_at(NOW + timedelta(hours=1), NOW)


def test_a_partner_speaks_for_its_own_system_only() -> None:
    r.check_system("court-a", "partner", "court-a")
    r.check_system(None, "clerk", "court-a")
    for own, role in (("court-a", "partner"), (None, "mediator"), (None, "party")):
        with pytest.raises(Forbidden):
            r.check_system(own, role, "court-b")


def test_every_channel_has_a_source_of_the_official_sheet() -> None:
    sources = codes.table("sources")

    assert {r.source_of(channel) for channel in codes.table("channels").codes} <= set(sources.codes)
    assert r.source_of("court") == "court"
    assert r.source_of("traffic") == "police"


def test_a_number_names_unit_year_and_count_in_ascii() -> None:
    assert r.case_number("510104", 2026, 123) == "510104-2026-000123"
    assert r.case_number("gaoxin", 2026, 7) == "GAOXIN-2026-000007"
    assert r.business_year(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == 2027


def test_copies_differ_in_width_case_spaces_and_punctuation_only() -> None:
    first = r.words_hash("房东不退押金，共3000元。")

    assert first is not None
    assert r.words_hash("房东不退押金 共３０００元!\n") == first
    assert r.words_hash("房东不退押金，共3001元。") != first
    assert r.words_hash("邻里纠纷") is None


def test_a_receipts_hash_is_that_of_the_json_whatever_its_order_and_spaces() -> None:
    text = '{"narrative": "他说\\"要拿刀\\"\\u0001\\u2028", "area": "510104", "people_count": 44}'
    plain = json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    assert receipt_hash(json.loads(text)) == hashlib.sha256(plain.encode()).hexdigest()


def test_a_code_has_no_letters_that_are_mistaken_and_is_read_as_people_type_it() -> None:
    code = r.access_code(bytes(range(8)))

    assert len(code) == 9
    assert not set(code) & set("01IO")
    assert r.clean_code(f" {code.lower().replace('-', ' ')} ") == code


def test_five_wrong_tries_close_the_code_for_a_quarter_of_an_hour() -> None:
    assert r.locked_until(4, NOW) is None
    assert r.locked_until(5, NOW) == NOW + timedelta(minutes=15)
