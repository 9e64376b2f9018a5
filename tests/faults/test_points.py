"""The list of crash points by service is complete."""

import pytest
from faults.points import CONSUMES, EMBEDDED, EXEMPT, SERVERS, STATES, pairs

from fengqiao_chassis.crash import POINTS
from fengqiao_contracts.docs import stated_by
from fengqiao_contracts.facts import FACTS
from fengqiao_host.services import NAMES, build_one


@pytest.mark.parametrize("mode", ["servers", "embedded"])
def test_every_point_of_every_service_is_crashed_or_exempt_for_a_reason(mode: str) -> None:
    crashed = set(pairs(mode))
    exempt = {(point, service) for point, where, service in EXEMPT if where == mode}
    assert crashed | exempt == {(point, service) for point in POINTS for service in NAMES}
    assert not crashed & exempt
    assert all(EXEMPT.values())


@pytest.mark.parametrize(("mode", "tests"), [("servers", SERVERS), ("embedded", EMBEDDED)])
def test_every_pair_of_the_list_falls_in_one_test(
    mode: str, tests: list[tuple[str, tuple[str, ...]]]
) -> None:
    fallen = [(point, service) for point, crew in tests for service in crew]
    assert sorted(fallen) == sorted(pairs(mode))


def test_who_states_and_who_hears_is_in_the_list() -> None:
    assert set(STATES) == {stated_by(fact) for fact in FACTS.values()}
    hearing = {name for name in NAMES if build_one(name).subscriptions is not None}
    assert set(CONSUMES) == hearing
