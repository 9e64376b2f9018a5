"""Lists that name every member, service or version agree with one another."""

import re
import subprocess
import tomllib

import pytest
import yaml
from servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MEMBERS = PROJECT["tool"]["uv"]["workspace"]["members"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text("utf-8"))
SERVICES = {
    "intake", "triage", "routing", "mediator-registry", "mediation", "analytics", "gateway",
}  # fmt: skip


def test_every_member_is_type_checked() -> None:
    sources = [f"{member}/src" for member in MEMBERS]
    assert set(sources) <= set(PROJECT["tool"]["mypy"]["files"])
    assert sources == PROJECT["tool"]["basedpyright"]["include"]


def test_every_member_is_in_the_image() -> None:
    for member in MEMBERS:
        assert f"COPY {member}/pyproject.toml {member}/" in DOCKERFILE
        top = member.partition("/")[0]
        assert f"COPY {top} {top}\n" in DOCKERFILE
        assert f"\n!{top}\n" in (ROOT / ".dockerignore").read_text("utf-8")


def test_make_checks_the_dependencies_of_every_member() -> None:
    listed = re.search(r"^MEMBERS := ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert listed is not None
    assert listed[1].replace("\\", "").split() == MEMBERS


def test_compose_runs_the_seven_services_and_only_the_gateway_can_be_reached() -> None:
    own = {
        name: service
        for name, service in COMPOSE["services"].items()
        if "SERVICE" in (service.get("environment") or {})
    }
    assert own.keys() == SERVICES
    assert {name for name, service in own.items() if service["environment"]["SERVICE"] == name} == (
        SERVICES
    )
    assert [name for name, one in COMPOSE["services"].items() if "ports" in one] == ["gateway"]
    assert [name for name, one in own.items() if "gateway.json" in one["secrets"]] == ["gateway"]


def test_compose_has_no_default_for_a_secret() -> None:
    text = (ROOT / "deploy/compose/compose.yaml").read_text("utf-8")
    for variable in re.findall(r"\$\{([^}]+)\}", text):
        if re.search(r"PASSWORD|KEY|SECRET|TOKEN", variable):
            assert ":?" in variable, variable


def test_one_version_of_kafka_and_of_uv() -> None:
    pom = (ROOT / "deploy/kafka/pom.xml").read_text("utf-8")
    script = (ROOT / "deploy/kafka/kafka.sh").read_text("utf-8")
    bootstrap = (ROOT / "deploy/bootstrap.sh").read_text("utf-8")
    kafka = set(
        re.findall(r"<artifactId>kafka(?:_2.13|-tools)</artifactId>\s*<version>([^<]+)", pom)
    )
    kafka |= set(re.findall(r"^VERSION=(.+)$", script, re.MULTILINE))
    kafka.add(COMPOSE["services"]["kafka"]["image"].partition(":")[2])
    assert len(kafka) == 1
    uv = re.findall(r"UV_VERSION=([\d.]+)", bootstrap + DOCKERFILE)
    assert len(uv) == 2
    assert len(set(uv)) == 1


@pytest.mark.parametrize(
    "target",
    ["setup", "demo", "test", "check", "bench", "kafka", "postgres", "clean"],
)
def test_make_alone_names_each_target_in_a_line(target: str) -> None:
    done = subprocess.run(["make", "-C", ROOT], check=True, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith(f"  make {target} ")]
    assert len(lines) == 1
    assert len(lines[0].split(maxsplit=2)[2]) > 20
