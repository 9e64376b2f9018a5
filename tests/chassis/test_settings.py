"""The two combinations of store and bus: each is taken, every other is refused with the remedy."""

import os
from pathlib import Path

import pytest

from fengqiao_chassis.settings import Settings, SettingsError, own_databases, own_variable

KAFKA = {"FENGQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:9092"}
COMMON = {"FENGQIAO_DATABASE_URL": "postgresql+asyncpg://fengqiao@127.0.0.1/city"}
INTAKE = {"FENGQIAO_INTAKE_DATABASE_URL": "postgresql+asyncpg://fengqiao@127.0.0.1/intake"}


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The settings of an environment that holds these variables of ours alone."""
    for name in [name for name in os.environ if name.startswith("FENGQIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FENGQIAO_DATA_DIR", str(tmp_path))
    for name, value in request.param.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize("settings", [{}], indirect=True)
def test_with_nothing_set_every_service_is_on_one_file(settings: Settings, tmp_path: Path) -> None:
    assert settings.check().embedded
    found = {settings.database_for(name) for name in ("intake", "triage")}
    assert found == {f"sqlite+aiosqlite:///{tmp_path}/fengqiao.db"}


@pytest.mark.parametrize("settings", [KAFKA | COMMON], indirect=True)
def test_one_database_beside_kafka_serves_all(settings: Settings) -> None:
    assert not settings.check().embedded
    found = {settings.database_for(name) for name in ("intake", "mediator-registry")}
    assert found == set(COMMON.values())


@pytest.mark.parametrize("settings", [KAFKA | COMMON | INTAKE], indirect=True)
def test_a_database_of_its_own_goes_before_the_common_one(settings: Settings) -> None:
    settings.check()
    assert settings.database_for("intake") == INTAKE["FENGQIAO_INTAKE_DATABASE_URL"]
    assert settings.database_for("triage") == COMMON["FENGQIAO_DATABASE_URL"]
    assert own_databases() == INTAKE


@pytest.mark.parametrize("settings", [KAFKA | INTAKE], indirect=True)
@pytest.mark.parametrize("service", ["triage", "mediator-registry"])
def test_a_service_without_a_database_beside_kafka_is_refused(
    settings: Settings, service: str
) -> None:
    settings.check()  # a process of intake alone has all that it needs
    assert settings.database_for("intake") == INTAKE["FENGQIAO_INTAKE_DATABASE_URL"]
    with pytest.raises(SettingsError) as refused:
        settings.database_for(service)
    _tells(refused.value, own_variable(service), "FENGQIAO_DATABASE_URL")


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (KAFKA, "FENGQIAO_DATABASE_URL"),
        (COMMON, "FENGQIAO_KAFKA_BOOTSTRAP"),
        (INTAKE, "FENGQIAO_KAFKA_BOOTSTRAP"),
    ],
    indirect=["settings"],
)
def test_a_database_without_a_broker_or_a_broker_without_one_is_refused(
    settings: Settings, missing: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        settings.check()
    _tells(refused.value, missing, "FENGQIAO_KAFKA_BOOTSTRAP")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (KAFKA | {"FENGQIAO_DATABASE_URL": "sqlite+aiosqlite:///x.db"}, "FENGQIAO_DATABASE_URL"),
        (KAFKA | {"FENGQIAO_DATABASE_URL": "mysql://db/x"}, "FENGQIAO_DATABASE_URL"),
        (
            KAFKA | COMMON | {"FENGQIAO_TRIAGE_DATABASE_URL": "postgresql+asyncpg://db:port/x"},
            "FENGQIAO_TRIAGE_DATABASE_URL",
        ),
    ],
    indirect=["settings"],
)
def test_an_address_that_is_none_is_refused_by_its_name(settings: Settings, named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings.check()
    _tells(refused.value, named, "postgresql+asyncpg://")


def _tells(refused: SettingsError, *wanted: str) -> None:
    """The variable at fault first, the remedy too, in Chinese and in English."""
    chinese, english = str(refused).splitlines()
    for text in (chinese, english):
        assert text.startswith(wanted[0])
    assert all(word in english for word in wanted)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
