import pytest

from fengqiao_gateway.domain.routes import find_route

CASE = "01920000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("cases", "intake"),
        (f"cases/{CASE}", "intake"),
        (f"cases/{CASE}/timeline", "intake"),
        (f"cases/{CASE}/supplements", "intake"),
        ("imports", "intake"),
        ("imports/7/errors", "intake"),
        ("codes/channels", "intake"),
        ("referrals/1/ack", "intake"),
        (f"cases/{CASE}/assessment", "triage"),
        (f"cases/{CASE}/assessment/override", "triage"),
        (f"cases/{CASE}/questions", "triage"),
        (f"cases/{CASE}/answers", "intake"),
        ("policies/policy-v2/activate", "triage"),
        ("analyze", "triage"),
        (f"cases/{CASE}/routing", "routing"),
        ("waiting", "routing"),
        ("route", "routing"),
        (f"cases/{CASE}/acceptance", "mediation"),
        (f"cases/{CASE}/agreements/1/signatures", "mediation"),
        (f"cases/{CASE}/documents/record.docx", "mediation"),
        ("desk", "mediation"),
        ("overdue", "mediation"),
        ("areas", "mediator-registry"),
        ("mediators/m1/suspension", "mediator-registry"),
        ("registry/imports", "mediator-registry"),
        ("stats/status", "analytics"),
        ("reports/daily", "analytics"),
        ("recount", "analytics"),
    ],
)
def test_a_path_leads_to_the_service_that_owns_it(path: str, service: str) -> None:
    route = find_route(path)
    assert route is not None
    assert route.service == service


@pytest.mark.parametrize(
    "path",
    [
        "",
        "internal/party-check",
        "cases/",
        "cases//x",
        "cases/../internal",
        "./cases",
        "metrics",
        "healthz",
        "openapi.json",
        "ops/settled",
        "Cases",
        "cases\\x",
        "cases/%2e%2e/..",
    ],
)
def test_what_is_not_public_leads_nowhere(path: str) -> None:
    assert find_route(path) is None


def test_outsiders_come_only_where_the_table_lets_them() -> None:
    allowed = {p: find_route(p).outsiders for p in ("stats/x", "mediators", "cases", "imports")}  # type: ignore[union-attr]
    assert allowed["stats/x"] == frozenset()
    assert allowed["mediators"] == frozenset()
    assert allowed["cases"] == {"partner", "party"}
    assert allowed["imports"] == {"partner"}
