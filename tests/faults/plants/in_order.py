"""Bugs of order, planted in a copy of a real store: counts, journal, feeds, causes and moves."""

from faults.plants.planted import of_store as of

_SWAP = (
    "UPDATE {table} SET {column} = other.value FROM ("
    "SELECT min({key}) AS at, (SELECT {column} FROM {table} WHERE {rows}"
    " ORDER BY {key} DESC LIMIT 1) AS value FROM {table} WHERE {rows}"
    " UNION ALL SELECT max({key}), (SELECT {column} FROM {table} WHERE {rows}"
    " ORDER BY {key} LIMIT 1) FROM {table} WHERE {rows}"
    ") AS other WHERE {table}.{key} = other.at"
)
_LOOKED_AGAIN = (
    "SELECT subject FROM bus_outbox WHERE source = '/triage' AND type = 'case.assessed.v1'"
    " GROUP BY subject HAVING count(*) > 1 ORDER BY subject LIMIT 1"
)
_FULL = (
    "SELECT partition FROM bus_outbox WHERE source = '/triage'"
    " GROUP BY partition ORDER BY count(*) DESC LIMIT 1"
)
"""The partition with the most facts: in which a case lies depends on its id."""


def _swap(table: str, column: str, key: str, rows: str) -> str:
    """Give the first and the last of these rows one another's value."""
    return _SWAP.format(table=table, column=column, key=key, rows=rows)


PLANTS = of(
    "I4",
    (
        "a gap in the sequence of a case",
        "sequences of /intake",
        "DELETE FROM bus_outbox WHERE source = '/intake' AND type = 'case.supplemented.v1'",
    ),
    (
        "a sequence given twice",
        "sequences of /triage",
        "UPDATE bus_outbox SET sequence = 1 WHERE source = '/triage' AND sequence = 2",
    ),
    (
        "a gap in the positions of a partition",
        "are missing or twice",
        "DELETE FROM bus_outbox WHERE position = 2 AND source = '/triage'",
    ),
    (
        "an order that does not rise with the position",
        "order to",
        _swap("bus_outbox", "fact_order", "id", f"source = '/triage' AND partition = ({_FULL})"),
    ),
    (
        "a group that missed a fact",
        "passed",
        "UPDATE bus_passed SET position = position - 1 WHERE grp = 'mediation'",
    ),
    (
        "a fact that the register never journalled",
        "not journalled",
        "DELETE FROM bus_journal WHERE source = '/routing' AND position = 1",
    ),
    (
        "a cause journalled behind its effect",
        "before its cause",
        (
            "UPDATE bus_journal SET number = -number",
            (
                "UPDATE bus_journal SET number = 1 + (SELECT -min(number) FROM bus_journal j"
                " WHERE j.topic = bus_journal.topic AND j.partition = bus_journal.partition) + number"
            ),
        ),
    ),
    (
        "a service that took two facts of a case in another order",
        "in another order than the register",
        _swap(
            "bus_outbox",
            "causation_id",
            "id",
            f"source = '/triage' AND type = 'case.assessed.v1' AND subject = ({_LOOKED_AGAIN})",
        ),
    ),
    (
        "a timeline with two facts swapped",
        "the timeline has",
        _swap(
            "intake_timeline",
            "fact_id",
            "id",
            "case_id = (SELECT id FROM intake_cases WHERE status = 'archived')",
        ),
    ),
    (
        "a feed with two facts swapped",
        "the feed has",
        _swap(
            "gateway_facts",
            "fact_id",
            "seq",
            "subject = (SELECT id FROM intake_cases WHERE status = 'archived')",
        ),
    ),
    ("a feed with a gap", "feed places", "DELETE FROM gateway_facts WHERE place = 2"),
    (
        "a reinstatement of who was never suspended",
        "mediator.reinstated while admitted",
        "DELETE FROM bus_outbox WHERE type = 'mediator.suspended.v1'",
    ),
    (
        "a session before the acceptance",
        "session.held while open",
        "DELETE FROM bus_outbox WHERE type = 'case.accepted.v1'",
    ),
    (
        "a closing of what does not bind",
        "case.closed while agreed",
        "DELETE FROM bus_outbox WHERE type = 'agreement.effective.v1'",
    ),
    (
        "an assessment that names another grade as previous",
        "name as previous",
        (
            "UPDATE bus_outbox SET data = json_set(CAST(data AS TEXT), '$.previous', 'blue')"
            " WHERE type = 'case.assessed.v1'"
        ),
    ),
    (
        "a supplement that the case does not count",
        "supplements [1] of 0",
        "UPDATE intake_cases SET supplements = 0",
    ),
    (
        "a decision that is missing",
        "decisions [2]",
        "DELETE FROM routing_decisions WHERE decision = 1",
    ),
    (
        "a fact in another partition than its case's",
        "lies in",
        (
            "UPDATE bus_outbox SET partition = (partition + 1) % 12, position = position + 1000"
            " WHERE type = 'case.closed.v1'"
        ),
    ),
    (
        "a fact that cannot be read and is applied",
        "cannot be read and is not parked",
        "UPDATE bus_outbox SET type = 'case.routed.v7' WHERE type = 'case.routed.v1'",
    ),
    (
        "a case whose registration is not its first fact",
        "its facts are ['case.analyzed'",
        "DELETE FROM bus_outbox WHERE type = 'case.registered.v1'",
    ),
)
