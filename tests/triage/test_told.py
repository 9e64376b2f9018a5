"""Who stands against whom in a text, and where the matter has been before."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from fengqiao_contracts import codes
from fengqiao_triage.cli import app
from fengqiao_triage.domain import told
from fengqiao_triage.rules import policy, rules, versions_of
from fengqiao_triage.sheet import dry_run
from fengqiao_triage.told_rules import tellers

NOW = datetime(2026, 11, 2, tzinfo=UTC)
FILE = tellers()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("我在成都某某商贸有限公司上班", "company", "成都某某商贸有限公司"),
        ("我们44名工人没拿到工资", "group", "我们44名工人"),
        ("村委会不肯盖章", "village_committee", "村委会"),
        ("业主委员会和物业互相推", "owners_committee", "业主委员会"),
        ("某县市场监督局来查过", "agency", "某县市场监督局"),
        ("孩子在幼儿园摔伤", "unit", "幼儿园"),
        ("隔壁邻居半夜装修", "person", "隔壁邻居"),
        ("报警人宋哲称被打", "person", "报警人宋哲"),
    ],
)
def test_a_party_is_named_with_its_kind_and_its_words(text: str, code: str, words: str) -> None:
    found = [(one.code, text[one.start : one.end]) for one in told.parties(FILE, text)]

    assert (code, words) in found


def test_a_longer_name_stands_for_its_short_form() -> None:
    text = "物业公司停电，物业不管，物业公司换锁，物业费照收"

    assert [text[p.start : p.end] for p in told.parties(FILE, text)] == ["物业公司"]


def test_a_flat_is_no_group() -> None:
    assert not [p for p in told.parties(FILE, "304住户漏水") if p.code == "group"]


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("楼上邻居漏水不修", "02", "neighbours"),
        ("老板拖欠我三个月工资，厂里没人管", "10", "employer_worker"),
        ("房东不退押金", "04", "landlord_tenant"),
        ("物业停了小区的电，业主交了物业费", "15", "owner_manager"),
        ("开发商延期交房两年", "03", "buyer_developer"),
        ("手术后医生不管，医院不赔", "13", "patient_hospital"),
        ("他打了借条一直不还", "04", "lender_borrower"),
        ("离婚后他不给抚养费", "01", "family"),
        ("车祸对方全责，保险公司不赔", "14", "road_users"),
        ("天气很好", "99", None),
        ("请问房东可以涨租金吗", "00", None),
    ],
)
def test_the_relation_of_the_parties_is_told(text: str, kind: str, code: str | None) -> None:
    found = told.relation(FILE, text, kind)

    assert {one.code for one in found} == ({code} if code else set())
    assert all(text[one.start : one.end] for one in found)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("我报警了没人管", "police", "报警了"),
        ("多次找村委会调解", "village_committee", "找村委会"),
        ("打了12345没有回音", "hotline", "12345"),
        ("去年申请了仲裁，赢了", "arbitration", "申请了仲裁"),
        ("协商多次无果", "counterpart", "协商多次"),
        ("法院立案两年了", "court", "法院立案"),
        ("去镇政府反映", "agency", "去镇政府反映"),
        ("司法所调解过一次", "mediation", "司法所"),
        ("村民去信访局", "petition", "信访局"),
    ],
)
def test_where_it_has_been_before_is_told(text: str, code: str, words: str) -> None:
    places = told.attempts(FILE, text)[code]

    assert text[places[0].start : places[0].end].startswith(words[:2])


@pytest.mark.parametrize(
    "text",
    [
        "我可以报警吗",
        "准备起诉了",
        "没有报警",
        "如果再不退款就打12345",
        "是否需要申请仲裁",
        "打算去信访局",
    ],
)
def test_what_is_planned_asked_or_denied_was_not_tried(text: str) -> None:
    assert not told.attempts(FILE, text)


def test_the_dry_run_quotes_them_from_every_part() -> None:
    texts = ["物业公司停了小区的电，我们12户业主没法住", "昨天报警了，民警来过"]
    view = dry_run(rules(), texts, NOW)

    assert [(p.code, p.party_kind, p.evidence.text) for p in view.parties][:2] == [
        ("company", "company", "物业公司"),
        ("group", "person", "我们12户业主"),
    ]
    assert view.relation is not None
    assert view.relation.code == "owner_manager"
    [police] = [a for a in view.prior_attempts if a.code == "police"]
    assert {e.part for e in police.evidence} == {1}
    assert all(texts[e.part][e.start : e.end] == e.text for e in police.evidence)


def test_every_code_has_its_row() -> None:
    assert {t.code for t in FILE.parties} == {*codes.table("told_kinds").codes}
    assert {r.teller.code for r in FILE.relations} == {*codes.table("relations").codes}
    assert {t.code for t in FILE.attempts} == {*codes.table("prior_attempts").codes}
    kinds = {row.extra["party_kind"] for row in codes.table("told_kinds").rows}
    assert kinds == {*codes.table("party_kinds").codes}
    types = {t for row in codes.table("relations").rows for t in row.extra["types"]}
    assert types <= {*codes.table("types").codes}


def test_every_factor_of_a_shipped_policy_has_its_word() -> None:
    for version in versions_of("policy"):
        rules_of = policy(version)
        ours = [*rules_of.hard, *(rule for group in rules_of.groups for rule in group.rules)]
        assert {rule.code for rule in ours} <= {*codes.table("factors").codes}, version


def test_explain_shows_who_how_and_where_before() -> None:
    text = "物业公司停了小区的电，我们12户业主报警了"
    result = CliRunner().invoke(app, ["explain", text])

    assert result.exit_code == 0
    for words in ("当事人", "业主与物业", "此前途径", "公安", "十人以上"):
        assert words in result.output
