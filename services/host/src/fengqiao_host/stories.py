"""The four stories of the seed article as case bodies and casework scripts; all persons invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .city_cases import identity
from .people import People
from .script import (
    Accept,
    Act,
    Agree,
    Archive,
    Close,
    Confirm,
    Consent,
    Owes,
    Perform,
    Script,
    Session,
    Sign,
)

Body = dict[str, Any]

WORKERS = 44


@dataclass(frozen=True, slots=True)
class Story:
    """A dispute of the seed: what is filed, and what is done with it once it is assigned."""

    key: str
    title: str
    body: Body
    script: Script


def stories(reported_at: datetime, seed: int = 1) -> tuple[Story, ...]:
    """The stories as filed at `reported_at` (aware, not in the future); the same for the same seed."""
    people = People(seed, start=50_000)
    told = (_xinjin(people), _qingbaijiang(people), _jintang(people), _huaqiao(people))
    for story in told:
        story.body["reported_at"] = reported_at.isoformat()
    return told


def _xinjin(people: People) -> Story:
    """新津: a firm restructured in 2002; 44 workers dispute how it was wound up; open for years."""
    firm = "新津锦河机械厂（虚构）"
    workers = [_person(people, "applicant") for _ in range(WORKERS)]
    body = _body(
        f"2002年{firm}改制清算时，部分职工对清算方式和程序有异议，认为职工的经济补偿金、"
        "安置费和历年欠缴的社会保险没有算清，相关工作一直没有进展，至今已拖了十多年。44名职工多次到企业和"
        "主管部门反映，街道谈过几次都没有谈拢，社会影响较大。职工要求企业重新核算"
        "安置费并分期付清，企业愿意协商，但担心一次拿不出这笔钱。现请求人民调解。",
        "department",
        "510118001",
        [*workers, _company("respondent", firm)],
        date(2002, 6, 28),
    )
    body |= {"people_count": WORKERS, "amount": "1320000.00"}
    owes = tuple(
        Owes(WORKERS, worker, "分期支付改制安置补偿款，本人放弃其他清算请求", Decimal(30_000))
        for worker in range(WORKERS)
    )
    script: list[Act] = [
        Accept(),
        Consent(),
        Session("国资、人社、工会到场，逐人核对改制名册与清算账目，双方对欠付范围无争议。"),
        Session("企业提出按人平均三万元、三十日内付清的方案，职工代表逐一征求意见后同意。"),
        Agree("企业按改制名册向44名职工各支付安置补偿款三万元，双方就改制清算再无争议。", owes),
        Sign(),
        Perform(),
        Close("44名职工款项全部付清。"),
        Archive(),
    ]
    return Story("xinjin", "新津企业改制清算", body, tuple(script))


def _qingbaijiang(people: People) -> Story:
    """青白江: buyers and a developer whose money ran out; from the petition office; confirmed."""
    developer = "成都锦岚置业有限公司（虚构）"
    buyers = [_person(people, "applicant") for _ in range(3)]
    body = _body(
        f"信访登记：12名购房者反映，{developer}开发的“岚湾”项目因公司资金链断裂停工，"
        "合同约定的交房日期已过去八个月。购房者一边还房贷一边租房，三次到售楼部协商没有结果，"
        "要求退还首付款或者明确复工交房的时间，并按合同支付逾期违约金。公司表示愿意调解。",
        "petition",
        "510113002",
        [*buyers, _company("respondent", developer)],
        date(2026, 2, 20),
    )
    body |= {"people_count": 12, "amount": "960000.00"}
    owes = tuple(Owes(3, buyer, "退还首付款", Decimal(320_000), 90) for buyer in range(3))
    script: Script = (
        Accept(),
        Consent(),
        Session("公司出示资产清单，购房者代表提出优先退首付款，双方同意以监管账户余款支付。"),
        Agree("公司在九十日内向三名购房者代表退还首付款各三十二万元，其余购房者另行签约。", owes),
        Sign(),
        Confirm("valid"),
    )
    return Story("qingbaijiang", "青白江购房者与开发商", body, script)


def _jintang(people: People) -> Story:
    """金堂: a medical dispute in joint mediation; still being talked over."""
    hospital = "金堂县锦恬医院（虚构）"
    body = _body(
        "患者因阑尾炎在医院做手术，术后切口反复感染，又住院四十多天，家属认为医院术后"
        "处理不当，要求赔偿医疗费、误工费和护理费八万六千元。医院认为感染属于手术并发症，"
        "愿意通过医疗纠纷调解委员会协商，并同意由专家对诊疗过程进行评估。",
        "self",
        "510121001",
        [_person(people, "applicant"), _organisation("respondent", hospital)],
        date(2026, 8, 17),
    )
    body |= {"amount": "86000.00"}
    script: Script = (
        Accept(),
        Consent(),
        Session(
            "卫健、司法、保险机构到场联合调解，双方同意封存病历并由专家评估。", "金堂县调解中心"
        ),
        Session("专家出具意见，双方对责任比例仍有距离，约定一周后再谈。", "金堂县调解中心"),
    )
    return Story("jintang", "金堂医患纠纷", body, script)


def _huaqiao(people: People) -> Story:
    """新津花桥: an inheritance among siblings; written because it was not performed at once."""
    body = _body(
        "父亲去世后留下花桥老房一套和存款十八万元，没有立遗嘱。大姐一直赡养照顾父亲，认为自己"
        "应当多分；两个弟弟要求平均继承遗产。三姐弟在院坝里吵过两次架，互不来往，亲戚劝说"
        "没有结果，想请调解员到家里来调解。",
        "self",
        "510118003",
        [_person(people, role) for role in ("applicant", "respondent", "respondent")],
        date(2026, 7, 9),
    )
    body |= {"amount": "180000.00"}
    owes = (
        Owes(1, 0, "协助办理老房过户并交付钥匙", None, 20),
        Owes(0, 1, "支付房屋折价款", Decimal(60_000), 30),
        Owes(0, 2, "支付房屋折价款", Decimal(60_000), 30),
    )
    script: Script = (
        Accept(),
        Consent(),
        Session(
            "宣讲继承和照顾老人者可以多分的规定，三方确认遗产范围，无其他继承人。", "花桥街道院坝"
        ),
        Agree("老房归大姐，大姐向两个弟弟各支付折价款六万元；存款由三人平均分割。", owes),
        Sign(),
        Perform(),
        Close(),
        Archive(),
    )
    return Story("huaqiao", "新津花桥遗产纠纷", body, script)


def _body(narrative: str, channel: str, area: str, parties: list[Body], occurred_on: date) -> Body:
    return {
        "narrative": narrative,
        "channel": channel,
        "area": area,
        "parties": parties,
        "occurred_on": occurred_on.isoformat(),
    }


def _person(people: People, role: str) -> Body:
    return {"role": role, "kind": "person"} | identity(people.take())


def _company(role: str, name: str) -> Body:
    return {"role": role, "kind": "company", "name": name}


def _organisation(role: str, name: str) -> Body:
    return {"role": role, "kind": "organisation", "name": name}
