"""Agreements: who signs, the computed day of effect, obligations, and what follows for the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_contracts.errors import Conflict, Invalid, NotFound, Refusal
from fengqiao_mediation.domain import agreements
from fengqiao_mediation.domain.calendar import SHANGHAI
from fengqiao_mediation.domain.model import (
    Agreement,
    Case,
    Casework,
    Due,
    Party,
    Signature,
    SignerKind,
)
from fengqiao_mediation.domain.states import MOVES, State

type Make[T] = Callable[..., T]
type Drawn = tuple[int, list[tuple[SignerKind, str]], list[int]]

REACHED = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def bare(sides: int) -> Casework:
    case = Case("c1", "n1", "agreed", 1, "510104", "/510100/510104/", "02", "blue", REACHED)
    case = replace(case, mediator_id="m1", committee_id="k1")
    parties = tuple(
        Party(f"p{n}", "applicant" if n % 2 else "respondent", "person", None, "given", None, True)
        for n in range(sides)
    )
    return Casework(case, parties)


def draft(signatures: tuple[Signature, ...] = ()) -> Agreement:
    return Agreement("g1", "1", "written", "x", REACHED, (), signatures)


SIGNERS = st.integers(2, 44).flatmap(
    lambda sides: st.tuples(
        st.just(sides),
        st.permutations(
            [("party", f"p{n}") for n in range(sides)] + [("mediator", "m1"), ("seal", "k1")]
        ),
        st.lists(st.integers(0, 60 * 24 * 60), min_size=sides + 2, max_size=sides + 2),
    )
)


@given(SIGNERS)
def test_a_written_agreement_binds_with_its_last_signature_or_seal_and_not_before(
    drawn: Drawn,
) -> None:
    sides, order, minutes = drawn
    work = bare(sides)
    made: list[Signature] = []
    for (kind, signer), minute in zip(order, minutes, strict=True):
        assert agreements.effective_on(work, draft(tuple(made))) is None
        made.append(Signature(kind, signer, REACHED + timedelta(minutes=minute)))
    effective = agreements.effective_on(work, draft(tuple(made)))
    last = max(s.signed_at for s in made)
    assert effective == last.astimezone(SHANGHAI).date()


@given(SIGNERS, st.data())
def test_one_missing_signature_of_any_kind_keeps_an_agreement_from_binding(
    drawn: Drawn, data: st.DataObject
) -> None:
    sides, order, minutes = drawn
    work = bare(sides)
    made = [
        Signature(kind, signer, REACHED + timedelta(minutes=minute))
        for (kind, signer), minute in zip(order, minutes, strict=True)
    ]
    made.pop(data.draw(st.integers(0, len(made) - 1)))
    assert agreements.effective_on(work, draft(tuple(made))) is None


@pytest.mark.parametrize(
    ("sealed_at", "day"),
    [
        (datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 5, 16, 0, 0, tzinfo=UTC), date(2026, 3, 6)),
    ],
)
def test_the_seal_at_shanghai_midnight_decides_the_day(sealed_at: datetime, day: date) -> None:
    first = [Signature("party", "p0", REACHED), Signature("party", "p1", REACHED)]
    rest = [Signature("mediator", "m1", REACHED), Signature("seal", "k1", sealed_at)]
    assert agreements.effective_on(bare(2), draft((*first, *rest))) == day


def test_an_oral_agreement_binds_on_the_shanghai_day_it_was_reached() -> None:
    late = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    oral = replace(draft(), form="oral", reached_at=late)
    assert agreements.effective_on(bare(2), oral) == date(2026, 3, 3)
    assert agreements.missing_signers(bare(2), oral) == frozenset()


def test_a_third_party_signs_only_where_it_owes_or_is_owed(
    casework: Make[Casework], agreement: Make[Agreement], party: Make[Party], due: Make[Due]
) -> None:
    third = party("z", "third")
    work = casework("agreed", parties=(party("a"), party("b", "respondent"), third))
    assert "party:z" not in agreements.missing_names(work, agreement())
    owed = agreement(obligations=(due(creditor="z"),))
    assert "party:z" in agreements.missing_names(work, owed)


def test_missing_signatures_are_named(casework: Make[Casework], agreement: Make[Agreement]) -> None:
    signed = agreement(signatures=(Signature("party", "a", REACHED),))
    assert agreements.missing_names(casework("agreed"), signed) == ["mediator", "party:b", "seal"]


@pytest.mark.parametrize(
    ("kind", "signer", "when", "error", "code"),
    [
        ("party", "a", 0, Conflict, "already-signed"),
        ("party", "stranger", 0, Invalid, "invalid-signer-id"),
        ("mediator", "m2", 0, Invalid, "invalid-signer-id"),
        ("seal", "k2", 0, Invalid, "invalid-signer-id"),
        ("party", "b", -1, Invalid, "invalid-signed-at"),
    ],
)
def test_a_wrong_signature_is_refused(
    casework: Make[Casework],
    agreement: Make[Agreement],
    kind: SignerKind,
    signer: str,
    when: int,
    error: type[Refusal],
    code: str,
) -> None:
    signed = agreement(signatures=(Signature("party", "a", REACHED),))
    with pytest.raises(error) as refused:
        agreements.check_sign(
            casework("agreed"), signed, (kind, signer), REACHED + timedelta(days=when)
        )
    assert refused.value.code == code


def test_an_oral_agreement_is_not_signed(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    with pytest.raises(Conflict, match="oral-agreement"):
        agreements.check_sign(casework("agreed"), agreement(form="oral"), ("party", "a"), REACHED)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"debtor": "nobody"}, "debtor"),
        ({"creditor": "nobody"}, "creditor"),
        ({"creditor": "b"}, "creditor"),
        ({"due_on": date(2026, 3, 1)}, "due_on"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-5)}, "amount"),
    ],
)
def test_an_obligation_that_cannot_be_is_refused_naming_the_field(
    casework: Make[Casework], due: Make[Due], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        agreements.check_obligations(casework().parties, [due(**changes)], REACHED)
    assert refused.value.field == field


def test_two_obligations_of_one_id_are_refused(casework: Make[Casework], due: Make[Due]) -> None:
    with pytest.raises(Invalid) as refused:
        agreements.check_obligations(casework().parties, [due(), due()], REACHED)
    assert refused.value.field == "obligation_id"


def test_a_performance_without_amount_pays_what_is_still_owed(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    bound = agreement(effective_on=date(2026, 3, 2))
    partly = due(paid=Decimal("30.50"))
    paid = agreements.check_performance(bound, partly, date(2026, 3, 3), None)
    assert paid == Decimal("69.50")
    free = due(amount=None)
    assert agreements.check_performance(bound, free, date(2026, 3, 3), None) == 0


@pytest.mark.parametrize(
    ("changes", "on", "amount", "code"),
    [
        ({}, date(2026, 3, 3), Decimal("100.01"), "invalid-amount"),
        ({}, date(2026, 3, 3), Decimal(0), "invalid-amount"),
        ({"amount": None}, date(2026, 3, 3), Decimal(1), "invalid-amount"),
        ({}, date(2026, 3, 1), None, "invalid-performed-on"),
        ({"performed_on": date(2026, 3, 2)}, date(2026, 3, 3), None, "already-performed"),
    ],
)
def test_a_performance_that_cannot_be_is_refused(
    agreement: Make[Agreement],
    due: Make[Due],
    changes: dict[str, Any],
    on: date,
    amount: Decimal | None,
    code: str,
) -> None:
    bound = agreement(effective_on=date(2026, 3, 2))
    with pytest.raises((Invalid, Conflict)) as refused:
        agreements.check_performance(bound, due(**changes), on, amount)
    assert refused.value.code == code


def test_nothing_is_performed_or_broken_before_the_agreement_binds(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    for check in (
        lambda: agreements.check_performance(agreement(), due(), date(2026, 3, 3), None),
        lambda: agreements.check_breach(agreement(), due(), date(2026, 4, 2), "refused"),
    ):
        with pytest.raises(Conflict, match="not-effective"):
            check()


def test_a_breach_begins_on_the_day_after_the_due_day(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    bound = agreement(effective_on=date(2026, 3, 2))
    with pytest.raises(Invalid) as refused:
        agreements.check_breach(bound, due(), date(2026, 4, 1), "not_performed")
    assert refused.value.field == "breached_on"
    agreements.check_breach(bound, due(), date(2026, 4, 2), "not_performed")
    for changes, code in (
        ({"breached_on": date(2026, 4, 2)}, "already-breached"),
        ({"performed_on": date(2026, 4, 1)}, "already-performed"),
    ):
        with pytest.raises(Conflict, match=code):
            agreements.check_breach(bound, due(**changes), date(2026, 4, 3), "refused")


def test_who_refuses_to_perform_is_in_breach_before_the_due_day(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    bound = agreement(effective_on=date(2026, 3, 2))
    agreements.check_breach(bound, due(), date(2026, 3, 2), "refused")
    with pytest.raises(Invalid) as refused:
        agreements.check_breach(bound, due(), date(2026, 3, 1), "refused")
    assert refused.value.field == "breached_on"


DONE: dict[str, Any] = {"performed_on": date(2026, 3, 9)}
BROKEN: dict[str, Any] = {"breached_on": date(2026, 4, 2)}
OPEN: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("state", "bound", "dues", "follows"),
    [
        ("agreed", [True], [OPEN], "bind"),
        ("agreed", [True, False], [OPEN], None),
        ("agreed", [], [], None),
        ("effective", [True], [], None),
        ("effective", [True], [DONE, OPEN], None),
        ("effective", [True], [DONE, DONE], "fulfil"),
        ("effective", [True], [DONE, BROKEN], "default"),
        ("breached", [True], [BROKEN, OPEN], None),
        ("breached", [True], [DONE | BROKEN, OPEN], "cure"),
        ("breached", [True], [DONE | BROKEN, DONE], "fulfil"),
        ("performed", [True], [DONE], None),
        ("mediating", [], [], None),
        ("closed", [True], [BROKEN], None),
    ],
)
def test_what_follows_from_what_the_agreements_came_to(
    agreement: Make[Agreement],
    due: Make[Due],
    state: State,
    bound: list[bool],
    dues: list[dict[str, Any]],
    follows: str | None,
) -> None:
    made = [
        agreement(
            f"g{n}",
            effective_on=date(2026, 3, 2) if binds else None,
            obligations=tuple(due(f"o{n}{m}", **d) for m, d in enumerate(dues)),
        )
        for n, binds in enumerate(bound)
    ]
    assert agreements.settle(state, made) == follows
    assert follows is None or follows in MOVES[state]


def test_forty_four_obligations_of_one_agreement_are_fulfilled_one_by_one(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    dues = [due(f"o{n}") for n in range(44)]
    states = []
    for n in range(45):
        done = [replace(d, **DONE) if i < n else d for i, d in enumerate(dues)]
        bound = agreement(effective_on=date(2026, 3, 2), obligations=tuple(done))
        states.append(agreements.settle("effective", [bound]))
    assert states == [None] * 44 + ["fulfil"]
    assert all(a is None for a, _ in pairwise(states))


def test_only_live_agreements_and_their_own_obligations_are_found(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    work = casework("agreed", agreements=(agreement(), agreement("g2", void=True)))
    assert agreements.find(work, "g1").agreement_id == "g1"
    for missing in ("g2", "g3"):
        with pytest.raises(NotFound, match="unknown-agreement"):
            agreements.find(work, missing)
    assert agreements.find_due(agreement(), "o1").obligation_id == "o1"
    with pytest.raises(Invalid, match="unknown-obligation"):
        agreements.find_due(agreement(), "o2")
