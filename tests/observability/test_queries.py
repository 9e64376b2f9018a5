"""Every query of the alerts and the dashboard parses and asks for metrics that the chassis exports."""

import json
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
import pytest
import yaml
from servers import ROOT

from fengqiao_chassis.telemetry import METRICS

FOLDER = ROOT / "deploy/observability"
BUILT_IN = {"up"}  # made by Prometheus itself
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
QUERIES = [rule["expr"] for rule in RULES] + [
    target["expr"].replace("$service", ".*")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]


def selectors(node: Any) -> Iterator[str]:
    """The metric names below a node of a parsed query."""
    match node:
        case promql.VectorSelector():
            yield node.name or ""
        case promql.MatrixSelector():
            yield from selectors(node.vector_selector)
        case promql.BinaryExpr():
            yield from selectors(node.lhs)
            yield from selectors(node.rhs)
        case promql.Call():
            for argument in node.args:
                yield from selectors(argument)
        case promql.NumberLiteral() | promql.StringLiteral():
            return
        case _:  # aggregation, parentheses, sub-query, sign
            yield from selectors(node.expr)


def metric(series: str) -> str:
    """The metric that a series belongs to: a histogram has three series of its own."""
    for suffix in ("_bucket", "_sum", "_count"):
        if series.removesuffix(suffix) in METRICS:
            return series.removesuffix(suffix)
    return series


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_metrics_that_exist(query: str) -> None:
    series = list(selectors(promql.parse(query)))
    assert series
    assert {metric(name) for name in series} <= {*METRICS, *BUILT_IN}


def test_every_exported_metric_is_shown_or_watched() -> None:
    asked = {metric(name) for query in QUERIES for name in selectors(promql.parse(query))}
    assert set(METRICS) - asked == set()


def test_a_metric_that_does_not_exist_is_found() -> None:
    query = 'rate(fengqiao_absent_total[1m]) > 0 unless -sum(fengqiao_bus_lag{group="a"})'
    assert list(selectors(promql.parse(query))) == ["fengqiao_absent_total", "fengqiao_bus_lag"]


def test_an_alert_says_what_is_wrong_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert {"summary", "action"} == rule["annotations"].keys(), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
