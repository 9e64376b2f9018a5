"""The dossier: its number, its checklist, and the guards of closing and archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fengqiao_contracts.errors import Conflict
from fengqiao_mediation.domain import dossier
from fengqiao_mediation.domain.model import Agreement, Casework, Due, Extension, Party, Session
from fengqiao_mediation.domain.states import State

type Make[T] = Callable[..., T]


def missing(work: Casework) -> set[str]:
    return {item.kind for item in dossier.checklist(work) if item.missing}


@pytest.fixture
def performed(casework: Make[Casework], agreement: Make[Agreement], due: Make[Due]) -> Casework:
    paid = due(performed_on=date(2026, 3, 9))
    bound = agreement(effective_on=date(2026, 3, 2), obligations=(paid,))
    return casework("performed", agreements=(bound,))


def test_a_number_names_year_division_and_count() -> None:
    assert dossier.dossier_number(2026, "锦江区", 12) == "(2026)锦江区人调字第12号"
    assert dossier.dossier_year(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == 2026
    assert dossier.dossier_year(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)) == 2025


def test_the_checklist_keeps_the_official_order_and_a_whole_case_lacks_nothing(
    performed: Casework,
) -> None:
    kinds = [item.kind for item in dossier.checklist(performed)]
    assert kinds[0] == "cover"
    assert kinds[-1] == "back_cover"
    order = ["registration", "rights_notice", "identity", "session_record", "agreement"]
    assert [k for k in kinds if k in order] == order
    assert missing(performed) == set()


def test_each_fact_that_is_not_there_is_a_document_that_is_missing(
    performed: Casework, casework: Make[Casework], party: Make[Party]
) -> None:
    nobody = replace(party("b", "respondent"), identified=False)
    assert missing(replace(performed, parties=(party("a"), nobody))) == {"identity"}
    silent = party("b", "respondent", "none")
    assert missing(replace(performed, parties=(party("a"), silent))) == {"rights_notice"}
    assert missing(replace(performed, sessions=())) == {"session_record"}
    erased = (Session("t1", 1, datetime(2026, 3, 2, tzinfo=UTC), ("a",), None, None),)
    assert missing(replace(performed, sessions=erased)) == {"session_record"}
    assert missing(casework("registered", parties=())) >= {"cover", "registration", "identity"}


def test_written_and_oral_agreements_need_their_own_paper(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    written = casework("agreed", agreements=(agreement(),))
    assert missing(written) == {"agreement"}
    oral = casework(
        "effective", agreements=(agreement(form="oral", effective_on=date(2026, 3, 2)),)
    )
    assert missing(oral) == set()
    papers = {item.kind: item for item in dossier.checklist(oral)}
    assert not papers["agreement"].must
    assert papers["oral_registration"].must


def test_a_terminated_case_needs_no_agreement_but_its_notice(casework: Make[Casework]) -> None:
    work = casework("terminated", sessions=(), end_reason="party_refused", guidance="可以起诉")
    papers = {item.kind: item for item in dossier.checklist(work)}
    assert not papers["agreement"].must
    assert not papers["session_record"].must
    assert papers["termination_notice"].must
    assert papers["termination_notice"].present


def test_an_extension_brings_its_consent_into_the_dossier(
    performed: Casework, noon: datetime
) -> None:
    longer = Extension("e1", 1, date(2026, 4, 20), ("a", "b"), noon)
    papers = {i.kind: i for i in dossier.checklist(replace(performed, extensions=(longer,)))}
    assert papers["extension_consent"].must
    assert papers["extension_consent"].present


def test_what_is_missing_needs_an_explanation(performed: Casework, party: Make[Party]) -> None:
    dossier.check_complete(performed, None)
    nobody = replace(party("b", "respondent"), identified=False)
    lacking = replace(performed, parties=(party("a"), nobody))
    with pytest.raises(Conflict, match="documents-missing") as refused:
        dossier.check_complete(lacking, None)
    assert "当事人身份证明" in refused.value.zh
    assert "identity" in refused.value.en
    dossier.check_complete(lacking, "当事人拒绝提供证件")


def test_a_case_that_was_not_accepted_closes_without_papers_and_is_not_archived(
    casework: Make[Casework],
) -> None:
    work = casework("refused", accepted_at=None, dossier_number=None, sessions=())
    dossier.check_complete(work, None)
    with pytest.raises(Conflict, match="no-dossier"):
        dossier.check_archive(work, "说明")


def test_an_archive_needs_the_number_and_the_papers(performed: Casework) -> None:
    assert dossier.check_archive(performed, None) == "(2026)锦江区人调字第1号"
    with pytest.raises(Conflict, match="documents-missing"):
        dossier.check_archive(replace(performed, sessions=()), None)


@pytest.mark.parametrize("state", ["performed", "terminated", "refused"])
def test_a_case_closes_with_what_it_came_to(casework: Make[Casework], state: State) -> None:
    assert dossier.closing_outcome(casework(state), None) == state


def test_an_effective_case_closes_only_when_nothing_is_owed(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    bound = agreement(effective_on=date(2026, 3, 2))
    with pytest.raises(Conflict, match="obligations-open"):
        dossier.closing_outcome(casework("effective", agreements=(bound,)), None)
    words = replace(bound, obligations=())
    assert dossier.closing_outcome(casework("effective", agreements=(words,)), None) == "effective"


def test_a_broken_agreement_closes_only_with_a_reason(casework: Make[Casework]) -> None:
    with pytest.raises(Conflict, match="reason-missing"):
        dossier.closing_outcome(casework("breached"), None)
    assert dossier.closing_outcome(casework("breached"), "insolvent") == "breached"


def test_the_retention_is_policy_by_type() -> None:
    assert dossier.retention_years("08") == 30
    assert dossier.retention_years("02") == dossier.retention_years(None) == 10
