"""`make kafka` and `make postgres`: start on loopback, start twice, stop, and keep the data."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import ROOT, free_port


def make(*arguments: str) -> str:
    # The scripts speak to the person, not to the make around these tests.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fengqiao-make-") as folder:
        Path(folder).chmod(0o711)  # user postgres must pass
        yield Path(folder)


@pytest.mark.parametrize(
    ("target", "variable", "setting", "kept"),
    [
        pytest.param(
            "postgres",
            "POSTGRES_PORT",
            "FENGQIAO_DATABASE_URL=postgresql+asyncpg://fengqiao@127.0.0.1:{}/postgres",
            "postgres/data/PG_VERSION",
            marks=pytest.mark.postgres,
        ),
        pytest.param(
            "kafka",
            "KAFKA_PORT",
            "FENGQIAO_KAFKA_BOOTSTRAP=127.0.0.1:{}",
            "kafka/data/meta.properties",
            marks=pytest.mark.kafka,
        ),
    ],
)
def test_a_server_starts_once_says_its_setting_stops_and_keeps_its_data(
    place: Path, target: str, variable: str, setting: str, kept: str
) -> None:
    port = free_port()
    arguments = (target, f"DATA={place}", f"{variable}={port}")
    try:
        assert make(*arguments) == f"export {setting.format(port)}"
        assert answers(port)
        assert make(*arguments) == f"export {setting.format(port)}"
    finally:
        make(*arguments, "STOP=1")
    assert not answers(port)
    assert (place / kept).exists()
    make(*arguments, "STOP=1")


@pytest.mark.postgres
def test_a_taken_port_is_named_with_the_remedy(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port := free_port()))
        taken.listen()
        with pytest.raises(subprocess.CalledProcessError) as error:
            make("postgres", f"DATA={place}", f"POSTGRES_PORT={port}")
    assert f"port {port}" in error.value.stderr
