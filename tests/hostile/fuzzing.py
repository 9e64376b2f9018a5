"""Runs Schemathesis over an OpenAPI document as its users do, and reads what it found."""

import base64
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEED = 20261130
CONFIG = """
seed = {seed}
continue-on-failure = true
request-timeout = 120
headers = {{ Authorization = "Bearer ${{FUZZ_TOKEN}}" }}

[generation]
max-examples = {examples}
no-shrink = true
database = "none"

[phases.stateful]
max-steps = {steps}

{dictionaries}

# 412 is a matter of state, as 409 is: an If-Match of the right form that names another revision.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
# 428 is the status for a missing If-Match (RFC 6585).
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 422, 428]
"""

WORDS: Mapping[str, Sequence[str]] = {
    "query.area query.parent body.area body.case.area": (
        *("510100", "510104", "510104022", "510107", "gaoxin"),
    ),
    "body.type": ("01", "04", "17", "99", "00"),
}
"""Words that a parameter takes seven times of ten; else the published tables refuse nearly all."""


@dataclass(frozen=True, order=True)
class Finding:
    """A check that failed: the operation, the check, and what was answered."""

    operation: str
    check: str
    status: int
    text: str


@dataclass(frozen=True)
class Report:
    """What a run found, and how often each operation answered with each status."""

    findings: list[Finding]
    answers: Counter[tuple[str, int]]

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self.answers.total()

    @property
    def operations(self) -> set[str]:
        """The operations that were called."""
        return {operation for operation, _ in self.answers}

    @property
    def succeeded(self) -> set[str]:
        """The operations that were called with success at least once."""
        return {operation for operation, status in self.answers if 200 <= status < 300}


@dataclass(frozen=True)
class Plan:
    """How much a run does. `examples` bounds the generated calls of an operation, or the chains of
    the phase `stateful`, whose calls `steps` bounds; `mode` is `positive` where only what fits the
    schemas is sent, else `all`.
    """

    phases: str
    examples: int
    mode: str = "all"
    steps: int = 6


def fuzz(
    url: str,
    token: str,
    folder: Path,
    *arguments: str,
    plan: Plan,
    words: Mapping[str, Sequence[str]] = WORDS,
) -> Report:
    """Fuzz the document at `url`/openapi.json as the holder of a token: all checks, to the end.

    The seed is fixed: two runs send the same but for ids that the platform made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config, report = folder / "schemathesis.toml", folder / "report.ndjson"
    settings = asdict(plan) | {"seed": SEED, "dictionaries": _dictionaries(words)}
    config.write_text(CONFIG.format(**settings))
    program = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [
            *(program, "--config-file", config, "run", f"{url}/openapi.json", "--checks=all"),
            # On the command line: its default would win over the file.
            f"--mode={plan.mode}",
            *(f"--phases={plan.phases}", "--report=ndjson", f"--report-ndjson-path={report}"),
            *arguments,
        ],
        env=os.environ
        | {"PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "fuzz_hooks", "FUZZ_TOKEN": token},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=1100,
    )
    assert report.exists(), done.stdout + done.stderr
    with report.open("rb") as lines:
        found = _read(json.loads(line) for line in lines)
    assert found.requests, done.stdout + done.stderr
    return found


def _dictionaries(words: Mapping[str, Sequence[str]]) -> str:
    """The part of the settings that gives words to parameters."""
    lists, uses = [], ["[parameters]"]
    for number, (parameters, values) in enumerate(words.items()):
        lists += [f"[dictionaries.words{number}]", f"values = {json.dumps(list(values))}"]
        uses += [
            f'"{parameter}" = {{ dictionary = "words{number}", probability = 0.7 }}'
            for parameter in parameters.split()
        ]
    return "\n".join(lists + uses)


def _read(events: Iterator[dict[str, Any]]) -> Report:
    findings: set[Finding] = set()
    answers: Counter[tuple[str, int]] = Counter()
    finished = False
    for event in events:
        finished = finished or "EngineFinished" in event
        if "NonFatalError" in event:
            error = event["NonFatalError"]
            findings.add(Finding(str(error.get("label")), "error", 0, json.dumps(error)[:600]))
        recorder = event.get("ScenarioFinished", {}).get("recorder")
        if recorder:
            answers.update(_answers(recorder))
            findings.update(_failures(recorder))
    assert finished, "the run did not come to its end"
    return Report(sorted(findings), answers)


def _answers(recorder: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for case, interaction in recorder.get("interactions", {}).items():
        status = (interaction.get("response") or {}).get("status_code")
        yield _label(recorder, case), int(status or 0)


def _failures(recorder: dict[str, Any]) -> Iterator[Finding]:
    for case, checks in recorder.get("checks", {}).items():
        for check in checks:
            if check["status"] == "failure":
                answer = (recorder.get("interactions", {}).get(case) or {}).get("response") or {}
                text = check["failure_info"]["failure"]["message"] + " | " + _content(answer)
                status = int(answer.get("status_code") or 0)
                yield Finding(_label(recorder, case), check["name"], status, text[:700])


def _label(recorder: dict[str, Any], case: str) -> str:
    value = recorder["cases"][case]["value"]
    return f"{value['method']} {value['path']}"


def _content(answer: dict[str, Any]) -> str:
    raw = (answer.get("content") or {}).get("$base64", "")
    return base64.b64decode(raw).decode("utf-8", "replace")
