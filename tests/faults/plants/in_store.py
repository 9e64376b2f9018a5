"""Bugs planted in a copy of a real store: what went wrong, and by which words the checker must say so."""

from faults.plants.planted import of_store as of

_LIVE = "SELECT assignment_id FROM routing_assignments WHERE live"
_NEW_TERMS = "SELECT mediator_id FROM routing_assignments WHERE registry_sequence = 2"
_LAST = "(SELECT max(id) FROM bus_audit WHERE service = '{}' AND action = '{}')"


def _drop_entry(service: str, action: str) -> str:
    return f"DELETE FROM bus_audit WHERE id = {_LAST.format(service, action)}"


KEPT = of(
    "I1",
    (
        "an acknowledged case is gone",
        "answered, but no row of the register",
        "DELETE FROM intake_cases WHERE id = (SELECT max(id) FROM intake_cases)",
    ),
    (
        "the registration of an acknowledged case is gone",
        "answered, but no fact",
        (
            "DELETE FROM bus_outbox WHERE type = 'case.registered.v1' AND sequence = 1"
            " AND subject = (SELECT max(id) FROM intake_cases)"
        ),
    ),
    (
        "an acknowledged supplement is gone",
        "1 commands were acknowledged, 0 facts case.supplemented",
        (
            "DELETE FROM bus_outbox WHERE type = 'case.supplemented.v1' AND subject NOT IN"
            " (SELECT case_id FROM intake_referrals)"
        ),
    ),
    (
        "a number was given and its case lost",
        "the last number is",
        "UPDATE intake_counters SET last = last + 1",
    ),
    (
        "a fact stated before the fault was rewritten",
        "of before is gone or changed",
        "UPDATE bus_outbox SET area = '/510100/' WHERE type = 'case.routed.v1'",
    ),
)
NOT_LOST = of(
    "I2",
    (
        "an assessed case that nobody routes",
        "still assessed, neither waiting nor parked",
        "UPDATE intake_cases SET status = 'assessed' WHERE status = 'redirected'",
    ),
    (
        "a case that waits without a reason",
        "waits without a reason",
        "UPDATE intake_cases SET waiting_reason = NULL WHERE status = 'waiting'",
    ),
    (
        "a case that routing never met",
        "routing has it: False, should: True",
        "DELETE FROM routing_cases WHERE case_id = (SELECT max(case_id) FROM routing_cases)",
    ),
    (
        "a waiting case that fell out of the line",
        "waiting (no_mediator_free), in line: False",
        "DELETE FROM routing_waits",
    ),
    (
        "a case that stands in line beside its mediator",
        "assigned (None), in line: True",
        (
            "INSERT INTO routing_waits SELECT case_id, unit_id, 0, 'street', 1, waiting_since"
            " FROM (SELECT c.case_id, w.unit_id, w.since AS waiting_since FROM routing_cases c,"
            " routing_waits w WHERE c.state = 'assigned' LIMIT 1)"
        ),
    ),
    ("a fact parked without a reason", "parked facts", "UPDATE bus_parked SET reason = ''"),
    (
        "a subject held for ever, with nothing parked",
        "intake holds it: True, 0 parked facts",
        "DELETE FROM bus_parked WHERE grp = 'intake'",
    ),
)
ONCE = of(
    "I3",
    (
        "two live places of one case",
        "2 live assignments",
        (
            "DROP INDEX ix_routing_assignments_live_case_id",
            (
                "INSERT INTO routing_assignments SELECT 'twice', case_id, committee_id, mediator_id,"
                " grade, registry_sequence, assigned_at, live, ended_at, end_reason"
                f" FROM routing_assignments WHERE assignment_id = ({_LIVE} LIMIT 1)"
            ),
        ),
    ),
    (
        "a live place of a redirected case",
        "1 live assignments, routing has it redirected",
        (
            f"UPDATE routing_assignments SET case_id = (SELECT case_id FROM routing_cases"
            f" WHERE state = 'redirected' LIMIT 1) WHERE assignment_id = ({_LIVE} LIMIT 1)"
        ),
    ),
    (
        "an assigned case without a place",
        "0 live assignments",
        (
            f"UPDATE routing_assignments SET live = 0, end_reason = 'ended', ended_at = assigned_at"
            f" WHERE assignment_id = ({_LIVE} LIMIT 1)"
        ),
    ),
    (
        "a place that its ended case still holds",
        "1 live assignments, routing has it ended",
        "UPDATE routing_assignments SET live = 1 WHERE end_reason = 'ended'",
    ),
    (
        "a withdrawal that was never stated",
        "withdrawn False, mediator_suspended",
        "DELETE FROM bus_outbox WHERE type = 'assignment.withdrawn.v1'",
    ),
    (
        "a place taken and never stated",
        "stated 0 times",
        "DELETE FROM bus_outbox WHERE type = 'mediator.assigned.v1'",
    ),
    (
        "a register that names another mediator",
        "the register names nobody",
        "UPDATE intake_cases SET mediator = 'nobody' WHERE status = 'mediating'",
    ),
)
CAPACITY = of(
    "I5",
    (
        "a place taken on terms that had not come yet",
        "a capacity of 2 (sequence 1)",
        (
            "UPDATE routing_assignments SET registry_sequence = 1 WHERE registry_sequence = 2"
            f" AND mediator_id IN ({_NEW_TERMS})"
        ),
    ),
    (
        "a place taken after the capacity was lowered",
        "a capacity of 1 (sequence 3)",
        "UPDATE routing_assignments SET registry_sequence = 3 WHERE registry_sequence = 2",
    ),
    (
        "a place taken of a mediator who is suspended",
        "while not assignable",
        "UPDATE routing_assignments SET registry_sequence = 2 WHERE registry_sequence = 3",
    ),
    (
        "a place given again before it was free",
        "2 places held, a capacity of 2",
        (
            "UPDATE routing_assignments SET ended_at = '2999-01-01T00:00:00.000000+00:00'"
            " WHERE end_reason = 'mediator_suspended'"
        ),
    ),
    (
        "a place taken on older terms after newer",
        "an older one after a newer",
        (
            "UPDATE routing_assignments SET registry_sequence = 9 WHERE assigned_at IN"
            " (SELECT min(assigned_at) FROM routing_assignments GROUP BY mediator_id)"
        ),
    ),
    (
        "a lost count of places",
        "places, ",
        "UPDATE routing_mediators SET live = live + 1",
    ),
    (
        "a capacity that nobody stated",
        "stated was",
        "UPDATE routing_mediators SET capacity = 99",
    ),
)
SUMS = of(
    "I6",
    (
        "a roll-up that is off by one",
        "recounted",
        "UPDATE analytics_counts SET n = n + 1 WHERE status = 'archived'",
    ),
    (
        "a unit counted twice",
        "rows of units for",
        "UPDATE analytics_units SET n = n + 1 WHERE status = 'archived'",
    ),
    (
        "a statistics row that missed a fact",
        "the statistics and the facts differ in [('status'",
        "UPDATE analytics_cases SET status = 'assigned' WHERE status = 'archived'",
    ),
    (
        "a register that missed an assessment",
        "the register and the facts differ in [('grade'",
        "UPDATE intake_cases SET grade = 'none' WHERE grade = 'red'",
    ),
    (
        "a case that the facts do not know",
        "in the statistics: True, stated: False",
        "UPDATE analytics_cases SET id = 'x' WHERE status = 'archived'",
    ),
)
TRAIL = of(
    "I7",
    (
        "an entry that was changed",
        "the chain breaks at entry",
        "UPDATE bus_audit SET actor = 'nobody' WHERE chain = 3",
    ),
    (
        "an entry that was taken from the middle",
        "the chain breaks at entry 4",
        "DELETE FROM bus_audit WHERE chain = 4 AND service = 'intake'",
    ),
    (
        "an entry that was never sealed",
        "was never sealed",
        "UPDATE bus_audit SET chain = NULL, hash = NULL WHERE chain = 5",
    ),
    (
        "a supplement that was not entered",
        "1 case.supplemented, 0 entries",
        _drop_entry("intake", "case.supplement"),
    ),
    (
        "a change of a mediator's terms that was not entered",
        "mediator.changed by",
        _drop_entry("mediator-registry", "mediator.change"),
    ),
    (
        "an acceptance that was not entered",
        "1 case.accepted, 0 entries",
        _drop_entry("mediation", "mediation.accept"),
    ),
    (
        "a dispatcher's decision that was not entered",
        "1 decisions by people, 0 entries",
        _drop_entry("routing", "routing.decide"),
    ),
    (
        "an entry of a change that never was",
        "0 case.archived, 1 entries",
        "UPDATE bus_audit SET subject = 'x' WHERE action = 'mediation.archive'",
    ),
    (
        "a reading of a case that was not entered",
        " readings answered, 0 unknown, ",
        _drop_entry("intake", "case.read"),
    ),
    (
        "a reading of parties that was not entered",
        "0 entries mediation/parties.read",
        _drop_entry("mediation", "parties.read"),
    ),
)
PLANTS = [*KEPT, *NOT_LOST, *ONCE, *CAPACITY, *SUMS, *TRAIL]
