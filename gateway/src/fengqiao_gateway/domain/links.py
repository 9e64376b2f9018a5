"""Where an answer leads on: the OpenAPI links from a call to those that need what it told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Paths = Mapping[str, Mapping[str, Any]]

_CASE = "/v1/cases/{case_id}"
_WORK = f"GET {_CASE}/casework"
_AGREEMENT = f"{_CASE}/agreements/{{agreement_id}}"
_MADE = {
    "case_id": ("POST /v1/cases", "id"),
    "import_id": ("POST /v1/imports", "id"),
    "referral_id": ("POST /v1/referrals", "id"),
    "committee_id": ("POST /v1/committees", "id"),
    "mediator_id": ("POST /v1/mediators", "id"),
    "account_id": ("POST /v1/accounts", "id"),
    "partner_id": ("POST /v1/partners", "partner/id"),
    "webhook_id": ("POST /v1/webhooks", "id"),
    "version": ("POST /v1/policies", "version"),
}
"""The call that makes what a parameter of a path names, and where its answer says the id."""

_FOUND = {
    f"GET {_CASE}": (
        *(("GET /v1/cases", "items/0/id"), ("GET /v1/stats/cases", "items/0/id")),
        *(("POST /v1/imports", "cases/0/id"), ("POST /v1/referrals", "case_id")),
        ("GET /v1/waiting", "items/0/case_id"),
    ),
    _WORK: (
        *(("GET /v1/cases", "items/0/id"), ("GET /v1/desk", "items/0/case_id")),
        ("GET /v1/overdue", "items/0/case_id"),
    ),
    "GET /v1/committees/{committee_id}": (("GET /v1/committees", "items/0/id"),),
    "GET /v1/mediators/{mediator_id}": (("GET /v1/mediators", "items/0/id"),),
    "GET /v1/webhooks/{webhook_id}": (("GET /v1/webhooks", "0/id"),),
    "GET /v1/policies/{version}": (("GET /v1/policies", "items/0/version"),),
}
"""What a list or another answer names the first of."""

_ACTS = (
    *("acceptance", "consents", "sessions", "agreements", "extensions"),
    *("termination", "closing", "archive"),
)
_OF_AGREEMENT = ("signatures", "performances", "breaches", "confirmation")
_EDITED = {
    "/v1/committees/{committee_id}": ("put", "patch"),
    "/v1/mediators/{mediator_id}": ("put",),
}
"""What is changed only by who read it: the change names the revision."""


@dataclass(frozen=True, slots=True)
class Link:
    """One call after another: what it takes from the answer (or the request) before it.

    `source` and `target` are a method and a path; the values are OpenAPI runtime expressions.
    """

    source: str
    target: str
    parameters: Mapping[str, str]
    body: Mapping[str, Any] | None = None


def add_links(paths: Paths) -> None:
    """Put the links into the good answers of a document's paths, where both ends are in it."""
    for link in _links(paths):
        source, target = _find(paths, link.source), _find(paths, link.target)
        if source is None or target is None:  # a service that is down has no part in the document
            continue
        for status, answer in source["responses"].items():
            if status.startswith("2"):
                _put(answer.setdefault("links", {}), target["operationId"], link)


def _put(links: dict[str, Any], name: str, link: Link) -> None:
    entry: dict[str, Any] = {"operationId": name, "parameters": dict(link.parameters)}
    if link.body is not None:
        entry["requestBody"] = dict(link.body)
    if entry not in links.values():
        links[name if name not in links else f"{name}-{len(links)}"] = entry


def _find(paths: Paths, call: str) -> dict[str, Any] | None:
    method, path = call.split(" ")
    found: dict[str, Any] | None = paths.get(path, {}).get(method.lower())
    return found


def _links(paths: Paths) -> Iterator[Link]:
    yield from _to_what_was_made(paths)
    for target, sources in _FOUND.items():
        name = target.rpartition("{")[2].partition("}")[0]
        yield from (Link(source, target, {name: _told(at)}) for source, at in sources)
    yield from _edits()
    yield from _casework()
    yield from _agreements()
    deliveries = "/v1/webhooks/{webhook_id}/deliveries"
    yield Link(
        f"GET {deliveries}",
        f"POST {deliveries}/{{delivery_id}}/replay",
        {"webhook_id": "$request.path.webhook_id", "delivery_id": _told("items/0/id")},
    )


def _to_what_was_made(paths: Paths) -> Iterator[Link]:
    """From the call that makes something to every call that needs its id and nothing else."""
    for path, item in paths.items():
        names = [step[1:-1] for step in path.split("/") if step.startswith("{")]
        if len(names) == 1 and names[0] in _MADE:
            source, at = _MADE[names[0]]
            for method in sorted(item.keys() - set(_EDITED.get(path, ()))):
                yield Link(source, f"{method.upper()} {path}", {names[0]: _told(at)})


def _edits() -> Iterator[Link]:
    """From reading or changing an entry to its next change: that names the revision it is for."""
    for path, methods in _EDITED.items():
        name = path.rpartition("{")[2][:-1]
        known = {name: f"$request.path.{name}", "If-Match": "$response.header.ETag"}
        for source in ("get", *methods):
            for method in methods:
                yield Link(f"{source.upper()} {path}", f"{method.upper()} {path}", known)


def _casework() -> Iterator[Link]:
    """From the casework to each act, with the parties and agreement it names; from an act back."""
    first, second = _told("parties/0/party_id"), _told("parties/1/party_id")
    bodies: dict[str, dict[str, Any]] = {
        "sessions": {"attended": [first, second]},
        "extensions": {"agreed_by": [first, second]},
        "agreements": {"obligations": [{"debtor": second, "creditor": first}]},
    }
    here = {"case_id": _told("case_id")}
    for act in _ACTS:
        if act == "consents":
            for party in (first, second):
                yield Link(_WORK, f"POST {_CASE}/consents", here, {"party_id": party})
        else:
            yield Link(_WORK, f"POST {_CASE}/{act}", here, bodies.get(act))
        yield Link(f"POST {_CASE}/{act}", _WORK, here)
    yield from (Link(f"POST {_AGREEMENT}/{act}", _WORK, here) for act in _OF_AGREEMENT)


def _agreements() -> Iterator[Link]:
    """From an agreement, just reached or read with the casework, to what is done with it."""
    for source, agreement, obligation in (
        (f"POST {_CASE}/agreements", "agreement_id", "obligation_ids/0"),
        (_WORK, "agreements/0/agreement_id", "agreements/0/obligations/0/obligation_id"),
    ):
        known = {"case_id": _told("case_id"), "agreement_id": _told(agreement)}
        for act in _OF_AGREEMENT:
            body = {"obligation_id": _told(obligation)}
            target = f"POST {_AGREEMENT}/{act}"
            yield Link(source, target, known, body if act in ("performances", "breaches") else None)


def _told(pointer: str) -> str:
    """What the answer's body holds at a place."""
    return f"$response.body#/{pointer}"
