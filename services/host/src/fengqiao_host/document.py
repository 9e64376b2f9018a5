"""Prints the platform's OpenAPI document without its words: `python -m fengqiao_host.document`.

The console's types are made from it. Titles, descriptions and examples are left out, so that a better
wording is no change of a type; and refusals, which all have the one form of a problem.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.runtime import Platform, migrate_all
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.telemetry import configure_logging

from .services import build_all

_WORDS = frozenset({"title", "description", "summary", "example", "examples"})
_REFUSAL = re.compile(r"[345]\d\d")
_NAMED = frozenset({"properties", "schemas", "paths"})
"""Below these, keys are names of the API: a field called `title` stays."""


async def whole() -> dict[str, Any]:
    """The document as `GET /openapi.json` of the one process gives it."""
    configure_logging("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url="", kafka_bootstrap="")
        init_keys(settings.keys_path())
        await migrate_all(settings, build_all())
        async with Platform.start(settings, build_all(), work=False) as platform:
            transport = httpx.ASGITransport(app=platform.apps["gateway"])
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                found: dict[str, Any] = (await client.get("/openapi.json")).json()
                return found


def wordless(value: Any, *, names: bool = False) -> Any:
    """A part of a document without its words; `names`: the keys at hand are names of the API."""
    if isinstance(value, dict):
        return {
            key: wordless(inner, names=key in _NAMED and not names)
            for key, inner in sorted(value.items())
            if names or not (key in _WORDS or _REFUSAL.fullmatch(key))
        }
    if isinstance(value, list):
        return [wordless(inner) for inner in value]
    return value


if __name__ == "__main__":
    json.dump(wordless(asyncio.run(whole())), sys.stdout, ensure_ascii=False, indent=1)
