"""What triage says of a text under the rules that ship."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from servers import KafkaBroker, PostgresServer

from fengqiao_chassis.testing import Harness
from fengqiao_triage.app import build
from fengqiao_triage.domain.analysis import Form
from fengqiao_triage.domain.assessment import History
from fengqiao_triage.domain.case import Inputs, Judgement, Rules, judge
from fengqiao_triage.domain.text import Text, sha256_of
from fengqiao_triage.rules import rules as rules_of

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


SERVERS = pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow])


@pytest.fixture(params=["sqlite", SERVERS])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Triage on SQLite with its bus, and on PostgreSQL, where `heard` brings it the facts."""
    if request.param == "sqlite":
        async with Harness.embedded(tmp_path, [build()]) as harness:
            harness.clock.set(NOW)
            yield harness
        return
    pg: PostgresServer = request.getfixturevalue("pg_server")
    kafka: KafkaBroker = request.getfixturevalue("kafka_server")
    url = await pg.create_database()
    place = {"database_url": url, "kafka": kafka.bootstrap, "topic_prefix": f"{tmp_path.name}."}
    async with Harness.embedded(tmp_path, [build()], work=False, **place) as harness:
        harness.clock.set(NOW)
        yield harness
    await pg.drop_database(url)


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


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    """Triage on a file of its own."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        harness.clock.set(NOW)
        yield harness
