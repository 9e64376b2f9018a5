"""The seven services as seven processes of this machine: for the demo and for the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .problems import CliProblem
from .services import NAMES

HOST = "127.0.0.1"
GRACE = 15.0
"""Seconds that a process has to end in an orderly way."""


class Fleet:
    """Processes `fengqiao serve <service>`, each with its log file; the gateway on `port`.

    Database and broker come from the environment, as always; `extra` is added to it.
    """

    def __init__(self, port: int, logs: Path, extra: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.logs = logs
        self.ports = {name: port if name == "gateway" else free_port() for name in NAMES}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._extra = dict(extra or {})

    def environment(self) -> dict[str, str]:
        """What every process gets: the caller's environment and where the others are."""
        urls = {
            f"FENGQIAO_{name.upper().replace('-', '_')}_URL": f"http://{HOST}:{port}"
            for name, port in self.ports.items()
            if name != "gateway"
        }
        return dict(os.environ) | urls | self._extra

    def start(self) -> None:
        """Start all of them; returns at once."""
        for name in NAMES:
            self.start_one(name)

    def start_one(self, name: str, extra: Mapping[str, str] | None = None) -> None:
        """Start one service, or start it again."""
        self.logs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "fengqiao_host", "serve", name]
        command += ["--host", HOST, "--port", str(self.ports[name])]
        with self.log_of(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 -- our own program
                command,
                env=self.environment() | dict(extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log_of(self, name: str) -> Path:
        """The log file of a service."""
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Raise CliProblem where a process has ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise CliProblem(
                    f"服务 {name} 已退出（{process.returncode}）：见 {self.log_of(name)}",
                    f"the service {name} ended ({process.returncode}): see {self.log_of(name)}",
                )

    def kill(self, name: str) -> None:
        """End one service by SIGKILL."""
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self) -> None:
        """End all of them in an orderly way, by force after GRACE seconds."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + GRACE
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
