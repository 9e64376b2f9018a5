from dataclasses import replace

import pytest

from fengqiao_gateway.domain.visibility import Access, Viewer, may_see, shown

CASE = Access(
    area_path="/510100/510104/510104020/",
    case_id="c1",
    mediator="m1",
    reporter="a1",
    referrers=("court",),
)
REGISTRY = Access(area_path="/510100/510104/")


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        (Viewer("admin"), True),
        (Viewer("city", ("/510100/",)), True),
        (Viewer("district", ("/510100/510104/",)), True),
        (Viewer("district", ("/510100/510105/",)), False),
        (Viewer("district", ("/510100/51010/",)), False),
        (Viewer("clerk", ("/510100/510104/510104020/",)), True),
        (Viewer("clerk", ()), False),
        (Viewer("auditor", ("/",)), True),
        (Viewer("mediator", ("/510100/",), person="m1"), True),
        (Viewer("mediator", ("/510100/",), person="m2"), False),
        (Viewer("mediator", ("/510100/",), person=None), False),
        (Viewer("partner", ("/510100/",), system="court"), True),
        (Viewer("partner", ("/510100/",), system="cour"), False),
        (Viewer("partner", ("/510100/",), system="police"), False),
        (Viewer("party", case_id="c1"), True),
        (Viewer("party", case_id="c2"), False),
        (Viewer("party", actor="a1"), True),
        (Viewer("party"), False),
        (Viewer("gateway", ("/",)), False),
    ],
)
def test_a_case_is_known_only_to_those_whom_it_concerns(viewer: Viewer, sees: bool) -> None:
    assert may_see(viewer, CASE) is sees


def test_a_mediator_without_a_case_and_a_case_without_a_mediator_do_not_meet() -> None:
    assert not may_see(Viewer("mediator", person=None), replace(CASE, mediator=None))


@pytest.mark.parametrize("role", ["mediator", "partner", "party"])
def test_facts_that_speak_of_no_case_are_for_staff(role: str) -> None:
    assert may_see(Viewer("district", ("/510100/510104/",)), REGISTRY)
    viewer = Viewer(role, ("/510100/",), person="m1", system="court", case_id="c1", actor="a1")
    assert not may_see(viewer, REGISTRY)


def test_a_partner_does_not_read_another_institutions_number() -> None:
    court = Viewer("partner", system="court")
    data = {"case_id": "c1", "reporter": "x", "external_ref": {"system": "police", "number": "7"}}
    assert shown(court, "case.registered", data) == {"case_id": "c1", "external_ref": None}
    own = {"external_ref": {"system": "court", "number": "8"}}
    assert shown(court, "case.registered", own) == own
    assert shown(court, "referral.received", {"system": "police", "number": "7"}) is None
    assert shown(court, "referral.received", {"system": "court", "number": "8"}) is not None


def test_a_party_does_not_read_how_the_platform_judged_it() -> None:
    party = Viewer("party", case_id="c1")
    for name in ("case.assessed", "assessment.overridden", "expert_review.requested"):
        assert shown(party, name, {"grade": "red"}) is None
    routed = shown(party, "mediator.assigned", {"mediator_id": "m", "reasons": ["r"]})
    assert routed == {"mediator_id": "m"}


def test_staff_read_a_fact_whole() -> None:
    data = {"reporter": "x", "alternatives": [1]}
    assert shown(Viewer("district", ("/510100/",)), "case.routed", data) == data
