"""Runs Schemathesis over an OpenAPI document as its users do, and reads what it found."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEED = 20261130
CONFIG = """
seed = {seed}
continue-on-failure = true
request-timeout = 60
headers = {{ Authorization = "Bearer ${{FUZZ_TOKEN}}" }}

[generation]
max-examples = {examples}
no-shrink = true
database = "none"

[dictionaries.areas]
values = ["510100", "510104", "510104022", "510107", "gaoxin"]
[dictionaries.types]
values = ["01", "04", "17", "99", "00"]

[parameters]
"query.area" = {{ dictionary = "areas", probability = 0.7 }}
"query.parent" = {{ dictionary = "areas", probability = 0.7 }}
"body.area" = {{ dictionary = "areas", probability = 0.7 }}
"body.case.area" = {{ dictionary = "areas", probability = 0.7 }}
"body.type" = {{ dictionary = "types", probability = 0.7 }}

# 412 is a matter of state, as 409 is: an If-Match of the right form that names another revision.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
# 428 is the status for a missing If-Match (RFC 6585).
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 422, 428]
"""


@dataclass(frozen=True, order=True)
class Finding:
    """A check that failed: the operation, the check, and what was answered."""

    operation: str
    check: str
    status: int
    text: str


@dataclass(frozen=True)
class Report:
    """What a run found, and how many requests it made to how many operations."""

    findings: list[Finding]
    requests: int
    operations: int


def fuzz(
    url: str,
    token: str,
    folder: Path,
    *arguments: str,
    examples: int = 3,
    phases: str = "examples,coverage,fuzzing",
) -> Report:
    """Fuzz the document at `url`/openapi.json as the holder of a token: all checks, to the end."""
    folder.mkdir(parents=True, exist_ok=True)
    config, report = folder / "schemathesis.toml", folder / "report.ndjson"
    config.write_text(CONFIG.format(seed=SEED, examples=examples))
    program = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [
            *(program, "--config-file", config, "run", f"{url}/openapi.json", "--checks=all"),
            *(f"--phases={phases}", "--report=ndjson", f"--report-ndjson-path={report}"),
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


def _read(events: Iterator[dict[str, Any]]) -> Report:
    findings: set[Finding] = set()
    labels: set[str] = set()
    requests = 0
    finished = False
    for event in events:
        finished = finished or "EngineFinished" in event
        if "NonFatalError" in event:
            error = event["NonFatalError"]
            findings.add(Finding(str(error.get("label")), "error", 0, json.dumps(error)[:600]))
        recorder = event.get("ScenarioFinished", {}).get("recorder")
        if recorder:
            labels.add(recorder["label"])
            requests += len(recorder.get("interactions", {}))
            findings.update(_failures(recorder))
    assert finished, "the run did not come to its end"
    return Report(sorted(findings), requests, len(labels))


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
