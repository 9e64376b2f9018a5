"""What the fuzzer must know of this platform: its formats, and the few exemptions with their reasons."""

import json
import os
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import schemathesis
from hypothesis import strategies as st

BY_ANOTHER_FIELD = "whether the field is right depends on another one"
EXEMPT = {
    BY_ANOTHER_FIELD: (
        *("purpose-needed", "area-needed", "person-needed", "bad-system", "reason-missing"),
        *("no-unit-for-outlet", "no-case", "two-references", "applied-on-missing"),
        *("birth-date-missing", "birth-date-differs", "mediator-of-another-unit"),
        *("nothing-decided", "grade-and-type", "same-case"),
    ),
    "what the file says decides, by rules of its own": ("invalid-policy",),
    "what the case holds decides": (
        *("before-acceptance", "unknown-party", "unknown-obligation", "invalid-attended"),
        *("invalid-applied-on", "invalid-decided-on", "invalid-due-on", "invalid-debtor"),
        *("invalid-creditor", "invalid-signer-id", "invalid-signed-at", "invalid-performed-on"),
        *("invalid-breached-on", "invalid-amount"),
    ),
    "what day it is decides": ("not-adult", "bad-date", "in-the-future", "in-the-past"),
    "the published table decides, a schema cannot list it": ("unknown-area", "unknown-code"),
    "the value is ours to make, a caller only sends it back": ("bad-cursor",),
    "check digits and the national forms of numbers": ("bad-id-number", "bad-phone"),
    "what is easy to guess has no pattern": ("weak-password",),
    "the address must resolve, and not to the inside": ("webhook-url-refused",),
}
"""Refusals (422) of what fits the schema. Anything else that fits and is refused is a finding."""

EXEMPT_FIELDS = {
    "int_type": "1.0 is an integer to JSON Schema; a strict body takes integers as they are written",
    "bad-amount": "the same",
    "lines-and-rows": BY_ANOTHER_FIELD,
    "yaml-or-version": BY_ANOTHER_FIELD,
    "empty-answer": BY_ANOTHER_FIELD,
    "says-required": BY_ANOTHER_FIELD,
    "answered-twice": BY_ANOTHER_FIELD,
    "unknown-question": "the published table decides, and a bureau's own policy",
}
"""The same for one field of a body that is refused as a whole (`invalid-input`)."""

LINES = [
    {"narrative": "邻居漏水", "channel": "self", "area": "510104022"},
    {"kind": "committee", "external_id": "c-1", "name": "东湖调委会"},
    {"narrative": ""},
]
TWO_CALLS = ("/v1/policies/backtest", "/v1/policies/validate")
"""Paths that fit `/v1/policies/{version}` too: GET is a call there, of a version that cannot be."""

PATIENCE = 60
CODES = {code for codes in EXEMPT.values() for code in codes}
STAND_INS: dict[str, str] = json.loads(os.environ.get("FUZZ_STAND_INS", "{}"))
"""By the id of an account or partner that the run lives on: the one that is changed instead."""

schemathesis.openapi.media_type(
    "application/x-ndjson",
    st.lists(st.sampled_from(LINES), min_size=1, max_size=3).map(
        lambda rows: b"\n".join(json.dumps(row).encode() for row in rows)
    ),
)
# The documented range of times and dates.
FIRST, LAST = datetime(1901, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC)
MOMENTS = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None))
NOW = datetime.now(UTC).astimezone(timezone(timedelta(hours=8)))
"""Casework is about these days: half of the times and dates that are sent are of today."""
schemathesis.openapi.format(
    "date-time",
    st.just(NOW.isoformat()) | MOMENTS.map(lambda at: f"{at.isoformat()}+08:00"),
)
schemathesis.openapi.format(
    "date", st.just(NOW.date().isoformat()) | MOMENTS.map(lambda at: at.date().isoformat())
)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts: not for a refusal that no schema can foretell, nor where a slice
    says that it has not met a new case yet (`not-here-yet`, with Retry-After).
    """
    kind = type(failure).__name__
    if kind in ("UnsupportedMethodResponse", "AllowHeaderMismatch") and case.path in TWO_CALLS:
        return bool(case.method.upper() not in ("GET", "OPTIONS"))
    if kind == "EnsureResourceAvailability":
        return bool(json.loads(response.content).get("code") != "not-here-yet")
    if kind != "RejectedPositiveData" or response.status_code != 422:
        return True
    problem = json.loads(response.content)
    wrong = {error["code"] for error in problem.get("errors", [{"code": "unsaid"}])}
    wrong -= EXEMPT_FIELDS.keys()
    if "string_pattern_mismatch" in wrong and _ends_a_line(case):
        wrong.remove("string_pattern_mismatch")
    return bool(wrong) if problem["code"] == "invalid-input" else problem["code"] not in CODES


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """What the run lives on stays as it is: it would lose its rights in the middle."""
    given = case.path_parameters or {}
    for name in ("account_id", "partner_id"):
        if given.get(name) in STAND_INS:
            given[name] = STAND_INS[given[name]]


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """A case made in a chain is analysed and routed before the next call: it is no race."""
    chained = case.meta is not None and case.meta.phase.name.value == "stateful"
    if chained and case.operation.label == "POST /v1/cases" and response.status_code == 201:
        asked = response.request.url.partition("/v1/")[0] + "/v1/ops/settled"
        end = time.monotonic() + PATIENCE
        while not httpx.get(asked, timeout=PATIENCE, trust_env=False).json()["settled"]:
            if time.monotonic() > end:
                return
            time.sleep(0.1)


def _ends_a_line(case: Any) -> bool:
    """Whether a text of the case ends with a new line, which `$` lets pass in Python's patterns only."""
    sent = json.dumps([case.path_parameters, case.query, case.body], default=str)
    return '\\n"' in sent
