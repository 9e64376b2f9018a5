"""Area paths as routing reads them: city / district or zone / street / community / grid."""

from __future__ import annotations

from functools import lru_cache

CITY, DISTRICT, STREET, COMMUNITY = 1, 2, 3, 4


@lru_cache(maxsize=65_536)
def prefixes(path: str) -> tuple[str, ...]:
    """The paths from the city down to `path` itself: index 0 is the city."""
    parts = path.strip("/").split("/")
    return tuple("/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts)))


def level(path: str, depth: int) -> str | None:
    """The ancestor of `path` at `depth` (1 = city), or None where the path is shorter."""
    steps = prefixes(path)
    return steps[depth - 1] if len(steps) >= depth else None


@lru_cache(maxsize=65_536)
def distance(path: str, other: str) -> int:
    """How many levels of `path` are not shared with `other`: 0 = the same area or inside it."""
    steps, others = prefixes(path), set(prefixes(other))
    return sum(step not in others for step in steps)
