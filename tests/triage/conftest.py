"""What triage says of a text under the rules that ship."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fengqiao_triage.domain.analysis import Form
from fengqiao_triage.domain.assessment import History
from fengqiao_triage.domain.case import Inputs, Judgement, Rules, judge
from fengqiao_triage.domain.text import Text, sha256_of
from fengqiao_triage.rules import rules as rules_of

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def rules() -> Rules:
    return rules_of()


@pytest.fixture(scope="session")
def judged(rules: Rules) -> Callable[..., Judgement]:
    """`judged("words", "supplement", previous=…, red_days=…, people=…, …)` -> Judgement."""

    def run(
        *texts: str,
        previous: str | None = None,
        red_days: int | None = None,
        unanswered: bool = False,
        people: int | None = None,
        amount: int | None = None,
        respondent: bool = False,
        answered: int = 0,
    ) -> Judgement:
        form = Form(
            people=people,
            amount=None if amount is None else Decimal(amount),
            respondent=respondent,
            answered=answered,
        )
        red = None if red_days is None else NOW - timedelta(days=red_days)
        parts = rules.analyser.analyse([Text(i, t, NOW.date()) for i, t in enumerate(texts)])
        hashes = tuple(sha256_of(t) for t in texts)
        history = History(previous, red)  # type: ignore[arg-type]
        return judge(rules, parts, Inputs(rules.versions, hashes, form, history, NOW, unanswered))

    return run
