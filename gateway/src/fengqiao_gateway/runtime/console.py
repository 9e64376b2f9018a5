"""The built console: its files, read once and kept compressed, and what a browser may do with them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

PACKAGED = Path(__file__).parents[1] / "console"
"""Where a wheel carries it."""
CHECKOUT = Path(__file__).parents[3] / "console" / "dist"
"""Where `make console` builds it."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts are files of ours alone. Chart tips place themselves by style attributes, so these may stand
in the page; a style attribute runs nothing and `img-src` lets it load nothing from elsewhere."""

_COMPRESSED = (".html", ".js", ".css", ".svg", ".json", ".txt")
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is answered; `packed` is its gzip form where that is smaller."""

    body: bytes
    packed: bytes | None
    kind: str
    etag: str
    cache: str


class Console:
    """The files of a built console; none where it is not built. A new build is seen at once."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders or (PACKAGED, CHECKOUT)
        self._files: dict[str, File] = {}
        self._built_at: tuple[Path, int] | None = None

    def find(self, path: str) -> File | None:
        """The file of a path relative to the console; `index.html` is the page itself."""
        self._refresh()
        return self._files.get(path)

    def _refresh(self) -> None:
        for folder in self._folders:
            index = folder / "index.html"
            if index.is_file():
                stamp = (folder, index.stat().st_mtime_ns)
                if stamp != self._built_at:
                    self._files = _read(folder)
                    self._built_at = stamp
                return
        self._files, self._built_at = {}, None


def _read(folder: Path) -> dict[str, File]:
    return {
        path.relative_to(folder).as_posix(): _file(folder, path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def _file(folder: Path, path: Path) -> File:
    body = path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0) if path.suffix in _COMPRESSED else None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/javascript":
        kind += "; charset=utf-8"
    # names under assets/ hold a hash of their content
    hashed = path.relative_to(folder).parts[0] == "assets"
    return File(
        body,
        packed if packed is not None and len(packed) < len(body) else None,
        kind,
        f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        _FOR_EVER if hashed else "no-cache",
    )
