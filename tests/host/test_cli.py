"""The command line as an operator meets it: help that teaches, problems that say what to do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from servers import free_port

from fengqiao_host import lockfile
from fengqiao_host.cli import build
from fengqiao_host.problems import CliProblem

PASSWORD = "Liuhe-9-Tai"


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its help, by the path of its words."""
    top = typer.main.get_command(build([]))
    todo = [("", top)]
    while todo:
        path, command = todo.pop()
        below = getattr(command, "commands", None)
        if below is None:
            yield path.strip(), command.help or ""
        else:
            todo += [(f"{path} {name}", found) for name, found in below.items()]


def fengqiao(
    environment: dict[str, str], *arguments: str, seconds: float = 110
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fengqiao_host", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def test_every_command_teaches_by_an_example() -> None:
    found = dict(commands())
    assert len(found) >= 20
    lacking = [name for name, text in found.items() if "Example" not in text]
    assert not lacking


def test_all_the_operating_surface_is_there() -> None:
    wanted = (
        "up;serve;migrate;demo;account create;partner create;partner rotate;registry import;import;"
        "settle;events export;recount;bus refill;replay;dlq list;dlq replay;audit verify;bench;doctor"
    )
    assert set(wanted.split(";")) <= set(dict(commands()))


def test_a_folder_has_one_platform_at_a_time(tmp_path: Path) -> None:
    with lockfile.hold(tmp_path):
        assert lockfile.held(tmp_path)
        with pytest.raises(CliProblem, match=str(os.getpid())), lockfile.hold(tmp_path):
            pass
    assert not lockfile.held(tmp_path)


@pytest.mark.slow
def test_without_a_server_a_command_says_how_to_start_one(environment: dict[str, str]) -> None:
    away = {"FENGQIAO_URL": f"http://127.0.0.1:{free_port()}", "FENGQIAO_TOKEN": "x"}
    done = fengqiao(environment | away, "recount")
    assert done.returncode == 1
    assert "fengqiao up" in done.stderr
    assert "Traceback" not in done.stderr
    bare = fengqiao(environment, "recount")
    assert bare.returncode == 1
    assert "fengqiao login" in bare.stderr


@pytest.mark.slow
def test_one_setting_of_two_is_refused_with_the_name_of_the_other(
    environment: dict[str, str],
) -> None:
    done = fengqiao(environment | {"FENGQIAO_KAFKA_BOOTSTRAP": "127.0.0.1:9"}, "up")
    assert done.returncode == 1
    assert "FENGQIAO_DATABASE_URL" in done.stderr


@pytest.mark.slow
def test_an_account_needs_a_store_first(environment: dict[str, str]) -> None:
    arguments = ("account", "create", "chen", "--role", "admin", "--name", "陈")
    done = fengqiao(environment | {"FENGQIAO_NEW_PASSWORD": PASSWORD}, *arguments)
    assert done.returncode == 1
    assert "fengqiao migrate --init-keys" in done.stderr


@pytest.mark.slow
def test_a_weak_password_is_refused_in_words(environment: dict[str, str]) -> None:
    assert fengqiao(environment, "migrate", "--init-keys").returncode == 0
    arguments = ("account", "create", "chen", "--role", "admin", "--name", "陈")
    weak = fengqiao(environment | {"FENGQIAO_NEW_PASSWORD": "short"}, *arguments)
    assert (weak.returncode, "10" in weak.stderr) == (1, True)
    assert "Traceback" not in weak.stderr


@pytest.mark.slow
def test_up_says_how_to_make_the_first_account_and_refuses_a_second_start(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "fengqiao_host", "up", "--port", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=out,
        )
    try:
        _wait_ready(port)
        assert "fengqiao account create" in log.read_text("utf-8")
        second = fengqiao(environment, "up", "--port", str(free_port()))
        assert second.returncode == 1
        assert str(process.pid) in second.stderr
        found = fengqiao(environment, "doctor", "--port", str(port))
        assert found.returncode == 0, found.stdout
        export = fengqiao(environment, "events", "export")
        assert export.returncode == 0
        assert all(json.loads(line)["specversion"] == "1.0" for line in export.stdout.splitlines())
        for command in (("dlq", "list"), ("audit", "verify")):
            done = fengqiao(environment, *command)
            assert done.returncode == 0, done.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, "it closes what it holds and ends by itself"


@pytest.mark.slow
def test_a_taken_port_is_told(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = fengqiao(environment, "up", "--port", str(port))
        assert done.returncode == 1
        assert "--port" in done.stderr
        found = fengqiao(environment, "doctor", "--port", str(port))
        assert found.returncode == 1


def _wait_ready(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError
