"""The rendered catalogue names every fact, who states it, who hears it and what is personal."""

from typing import Any

import pytest
import yaml

from fengqiao_contracts import docs
from fengqiao_contracts.facts import FACTS, TOPICS

HEARERS = {"case.registered.v1": ["triage", "gateway"], "mediator.admitted.v1": ["routing"]}


def resolve(document: dict[str, Any], reference: str) -> Any:
    """What a reference inside the document points to."""
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [r for child in node.values() for r in references(child)]
    if isinstance(node, list):
        return [r for child in node for r in references(child)]
    return []


def test_every_fact_stands_in_the_catalogue_once() -> None:
    text = docs.render_events(HEARERS)

    for fact in FACTS.values():
        assert text.count(f"\n### {fact.__name__} `{fact.TYPE}`\n") == 1
    assert "Stated by intake; heard by gateway, triage; key `case_id`." in text
    assert "| `pii.parties.id_number` | string or null | no | class 1 |" in text
    assert "| `pii.narrative` | string | yes | class 2 |" in text


@pytest.mark.parametrize(
    ("type_", "service"),
    [
        ("case.registered.v1", "intake"),
        ("case.assessed.v1", "triage"),
        ("case.routed.v1", "routing"),
        ("case.closed.v1", "mediation"),
        ("mediator.admitted.v1", "mediator-registry"),
        ("daily_summary.issued.v1", "analytics"),
    ],
)
def test_the_stating_service_follows_from_the_module(type_: str, service: str) -> None:
    assert docs.stated_by(FACTS[type_]) == service


def test_the_asyncapi_document_is_yaml_of_what_was_meant() -> None:
    assert yaml.safe_load(docs.render_asyncapi(HEARERS)) == docs.asyncapi(HEARERS)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = docs.asyncapi(HEARERS)

    found = references(document)
    assert len(found) > len(FACTS)
    for reference in found:
        assert resolve(document, reference)


def test_the_asyncapi_document_has_the_topics_and_who_sends_and_receives() -> None:
    document = docs.asyncapi(HEARERS)

    assert document["asyncapi"] == "3.0.0"
    assert {c["address"] for c in document["channels"].values()} == set(TOPICS)
    receive = document["operations"]["triage.receive.cases"]
    assert receive["messages"] == [{"$ref": "#/channels/cases/messages/case.registered.v1"}]
    sent = [
        m["$ref"].rpartition("/")[2]
        for o in document["operations"].values()
        if o["action"] == "send"
        for m in o["messages"]
    ]
    assert sorted(sent) == sorted(FACTS)


def test_no_personal_part_is_in_a_payload_or_an_example() -> None:
    for message in docs.asyncapi(HEARERS)["components"]["messages"].values():
        assert "pii" not in message["payload"]["properties"]
        assert "pii" not in message["examples"][0]["payload"]
