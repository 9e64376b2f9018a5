"""What a query asks for: its series, the labels that it reads, and the labels that its answer has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser as promql

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus itself gives every series that it scrapes."""
Labels = frozenset[str]
Exported = Mapping[str, Labels]


def below(node: Any) -> tuple[Any, ...]:
    """What a node of a parsed query is made of."""
    match node:
        case promql.VectorSelector() | promql.NumberLiteral() | promql.StringLiteral():
            return ()
        case promql.MatrixSelector():
            return (node.vector_selector,)
        case promql.BinaryExpr():
            return node.lhs, node.rhs
        case promql.Call():
            return tuple(node.args)
        case _:  # aggregation, parentheses, sub-query, sign
            return (node.expr,)


class Query:
    """One query read against the series that exist; `wrong` says what it asks for in vain."""

    def __init__(self, text: str, exported: Exported) -> None:
        self.exported = exported
        self.series: set[str] = set()
        self.wrong: list[str] = []
        self.labels = self._out(promql.parse(text))
        """The labels of the answer; None for a bare number."""

    def _out(self, node: Any) -> Labels | None:
        match node:
            case promql.VectorSelector():
                return self._selected(node)
            case promql.AggregateExpr():
                return self._grouped(node)
            case promql.BinaryExpr():
                return self._matched(node)
            case promql.Call():
                return self._called(node)
            case promql.NumberLiteral() | promql.StringLiteral():
                return None
            case _:
                (inner,) = below(node)
                return self._out(inner)

    def _selected(self, node: Any) -> Labels:
        name = node.name or ""
        self.series.add(name)
        if name not in self.exported:
            self.wrong.append(f"no series {name!r}")
            return TARGET
        labels = self.exported[name] | TARGET
        self._need({matcher.name for matcher in node.matchers.matchers}, labels, f"{name} has")
        return labels

    def _grouped(self, node: Any) -> Labels:
        inner = self._out(node.expr) or frozenset()
        if str(node.op) in {"topk", "bottomk"}:
            return inner
        if node.modifier is None:
            return frozenset()
        named = frozenset(node.modifier.labels)
        self._need(named, inner, f"{node.op} is over")
        if node.modifier.type == promql.AggModifierType.Without:
            return inner - named
        return named

    def _matched(self, node: Any) -> Labels | None:
        left, right = self._out(node.lhs), self._out(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        on = getattr(getattr(node.modifier, "matching", None), "labels", None)
        if on is not None:
            self._need(on, left & right, f"both sides of {node.op} have")
        elif left != right:
            self.wrong.append(f"{node.op} never matches {sorted(left)} with {sorted(right)}")
        return left

    def _called(self, node: Any) -> Labels | None:
        found = [self._out(argument) for argument in node.args]
        labels = next((one for one in found if one is not None), None)
        if node.func.name != "histogram_quantile" or labels is None:
            return labels
        self._need({"le"}, labels, "histogram_quantile is over")
        return labels - {"le"}

    def _need(self, asked: Any, there: Labels, words: str) -> None:
        for label in sorted(set(asked) - there):
            self.wrong.append(f"no label {label!r}: {words} {sorted(there)}")


def bare(text: str, gauges: Exported) -> Iterator[str]:
    """Gauges that are not brought down to one by `max` before anything else is done with them.

    A gauge tells what the service's store and group hold, and every process of it exports that again
    (the queue of commands is each process's own, and there the longest matters). A sum over `max`
    needs one series for each of the gauge's own labels that no matcher fixes.
    """
    yield from _bare(promql.parse(text), gauges, above=())


def _bare(node: Any, gauges: Exported, above: tuple[Any, ...]) -> Iterator[str]:
    name = node.name or "" if isinstance(node, promql.VectorSelector) else ""
    if name in gauges and not _one_of_each(node, gauges[name], above):
        yield name
    if isinstance(node, promql.AggregateExpr):
        above = (*above, node)
    for inner in below(node):
        yield from _bare(inner, gauges, above)


def _one_of_each(node: Any, own: Labels, above: tuple[Any, ...]) -> bool:
    if not above or str(above[-1].op) != "max":
        return False
    by = set(above[-1].modifier.labels if above[-1].modifier else ())
    fixed = {m.name for m in node.matchers.matchers if m.op == promql.MatchOp.Equal}
    return all(str(one.op) == "max" for one in above) or own <= by | fixed
