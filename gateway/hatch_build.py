"""Puts the built console into the gateway's wheel, and refuses to build a wheel without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg] -- its parameter is the builder's own
    """The wheel carries `console/dist` as `fengqiao_gateway/console`; a checkout serves it from there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise FileNotFoundError where the console is not built; editable installs need none."""
        if version == "editable":
            return
        built = Path(self.root) / "console" / "dist"
        if not (built / "index.html").is_file():
            raise FileNotFoundError(
                f"{built}/index.html: 请先构建控制台 · run `make console` first"
            )
        if self.target_name == "wheel":
            build_data["force_include"][str(built)] = "fengqiao_gateway/console"
