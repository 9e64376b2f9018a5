"""Every query of the alerts and the dashboard parses, and asks for series and labels that are exported."""

import json
import re
from typing import Any

import pytest
import yaml
from observability.promql import Query, bare
from prometheus_client import Gauge
from servers import ROOT

from fengqiao_chassis.telemetry import REGISTRY

FOLDER = ROOT / "deploy/observability"
BUILT_IN: dict[str, frozenset[str]] = {"up": frozenset()}  # made by Prometheus itself
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel["targets"]]
VARIABLES = [v for v in DASHBOARD["templating"]["list"] if v["type"] == "query"]


def _exported(collector: Any) -> dict[str, frozenset[str]]:
    """The series of a collector and their labels, as a scrape shows them."""
    values = ["x"] * len(collector._labelnames)
    collector.labels(*values)
    try:
        samples = [sample for family in collector.collect() for sample in family.samples]
    finally:
        collector.remove(*values)
    return {sample.name: frozenset(sample.labels) for sample in samples}


COLLECTORS = list(REGISTRY._collector_to_names)
METRICS = [_exported(collector) for collector in COLLECTORS]
EXPORTED = {name: labels for one in METRICS for name, labels in one.items()} | BUILT_IN
GAUGES = {name: EXPORTED[name] for c in COLLECTORS if isinstance(c, Gauge) for name in _exported(c)}


def expression(target: dict[str, Any]) -> str:
    """A panel's query with the variables filled in."""
    return str(target["expr"]).replace("$service", ".*")


QUERIES = [rule["expr"] for rule in RULES] + [expression(target) for target in TARGETS]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_series_and_labels_that_exist(query: str) -> None:
    read = Query(query, EXPORTED)
    assert read.series
    assert not read.wrong


@pytest.mark.parametrize("query", QUERIES)
def test_what_every_process_of_a_service_tells_is_counted_once(query: str) -> None:
    assert list(bare(query, GAUGES)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_labels_that_its_query_answers(rule: dict[str, Any]) -> None:
    asked = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    assert asked <= (Query(rule["expr"], EXPORTED).labels or frozenset())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_a_legend_names_labels_that_its_query_answers(target: dict[str, Any]) -> None:
    asked = set(re.findall(r"{{\s*(\w+)\s*}}", target["legendFormat"]))
    assert asked <= (Query(expression(target), EXPORTED).labels or frozenset())


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable["name"])
def test_a_variable_lists_the_values_of_a_label_that_exists(variable: dict[str, Any]) -> None:
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
    assert found
    series, label = found.groups()
    assert label in EXPORTED[series]


def test_every_exported_metric_is_shown_or_watched() -> None:
    asked = {series for query in QUERIES for series in Query(query, EXPORTED).series}
    assert METRICS
    assert [sorted(series) for series in METRICS if not series.keys() & asked] == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("rate(fengqiao_absent_total[1m]) > 0", "no series 'fengqiao_absent_total'"),
        ("rate(fengqiao_facts_stated[1m])", "no series 'fengqiao_facts_stated'"),
        ('max(fengqiao_bus_lag{grp="a"})', "no label 'grp'"),
        ("max by (status) (fengqiao_bus_lag)", "no label 'status'"),
        ("sum by (group) (max by (service) (fengqiao_bus_lag))", "no label 'group'"),
        (
            "histogram_quantile(0.5, sum(rate(fengqiao_http_request_seconds_bucket[1m])))",
            "no label 'le'",
        ),
        (
            "max by (group) (fengqiao_bus_lag) unless max by (service) (fengqiao_outbox_rows)",
            "never matches",
        ),
        (
            "max by (group) (fengqiao_bus_lag) unless on (service) fengqiao_outbox_rows",
            "no label 'service'",
        ),
        ("-max without (groups) (fengqiao_bus_lag)", "no label 'groups'"),
    ],
)
def test_what_does_not_exist_is_found(query: str, wrong: str) -> None:
    assert any(wrong in one for one in Query(query, EXPORTED).wrong)


@pytest.mark.parametrize(
    "query",
    [
        "fengqiao_bus_lag > 1",
        "sum(fengqiao_bus_lag)",
        "sum by (group) (fengqiao_parked)",
        "sum(max by (service) (fengqiao_bus_lag))",
        'sum(max by (status) (fengqiao_cases{service=~"i.*"}))',
        "max(sum by (service) (fengqiao_outbox_rows))",
    ],
)
def test_a_gauge_that_two_processes_would_double_is_found(query: str) -> None:
    assert len(list(bare(query, GAUGES))) == 1


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
