"""The commands beside a running platform, in a good and in a wrong way, and broken files to import."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hostile.door import Door

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

WRONG = {
    ("dlq", "replay", "nowhere"): "routing",
    ("bus", "refill"): "nothing to refill",
    ("partner", "rotate", "nobody"): "fengqiao partner create",
    ("partner", "create", "Court!", "--name", "x", "--channel", "court"): "1-40 lower-case",
    ("partner", "create", "c2", "--name", "x", "--channel", "moon"): "petition",
    ("partner", "create", "court", "--name", "x", "--channel", "court"): "exists already",
    ("account", "create", "city", "--role", "city", "--name", "x", "--area", "510100"): "username",
    ("account", "create", "k", "--role", "king", "--name", "x"): "HTTP",
    ("account", "create", "boss", "--role", "admin", "--name", "x"): "account that may do this",
    ("account", "create", "zhao", "--role", "clerk", "--name", "x", "--area", "9"): "areas",
    ("registry", "import", "/no/such/file"): "no such file",
    ("events", "export", "--out", "/no/such/folder/x.gz"): "no such folder",
    ("import", "/no/such/file", "--channel", "grid"): "/no/such/file",
}


def fengqiao(door: Door, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command against the running platform as the city."""
    stack = door.stack
    return subprocess.run(
        [sys.executable, "-m", "fengqiao_host", *arguments],
        env=stack.environment | {"FENGQIAO_TOKEN": stack.token, "FENGQIAO_URL": stack.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_command_says_the_remedy(door: Door, arguments: tuple[str, ...]) -> None:
    done = fengqiao(door, *arguments)

    assert done.returncode == 1, done.stdout + done.stderr
    assert WRONG[arguments] in done.stderr
    assert "Traceback" not in done.stderr


def test_an_account_and_a_partner_are_made_by_the_running_server(door: Door) -> None:
    made = fengqiao(
        door, "account", "create", "chen", "--role", "district", "--name", "陈", "--area", "510104"
    )
    assert (made.returncode, "chen (district)" in made.stdout) == (0, True), made.stderr

    first = fengqiao(
        door, "partner", "create", "police", "--name", "公安", "--channel", "police"
    ).stdout.strip()
    second = fengqiao(door, "partner", "rotate", "police").stdout.strip()
    assert first != second
    for key in (first, second):  # the old one opens for a day more
        answer = httpx.get(
            f"{door.url}/v1/auth/me", headers={"authorization": f"Bearer {key}"}, trust_env=False
        )
        assert answer.json()["system"] == "police"


def test_what_is_parked_is_listed_and_replayed(door: Door) -> None:
    listed = fengqiao(door, "dlq", "list")
    assert (listed.returncode, "0 parked" in listed.stdout) == (0, True), listed.stderr
    for more in ((), ("--subject", "nobody")):
        done = fengqiao(door, "dlq", "replay", "routing", *more)
        assert (done.returncode, done.stdout.strip()) == (0, "applied 0"), done.stderr


def rows(count: int, bad: int = 0, tag: str = "") -> list[dict[str, Any]]:
    """Rows of which every one before `bad` has no words."""
    return [
        {"text": "" if n < bad else f"第{n}件纠纷，邻居漏水，要求赔偿{tag}", "n": n}
        for n in range(count)
    ]


def lines(found: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in found)


def imported(door: Door, file: Path) -> tuple[int, dict[str, int], str]:
    """What `fengqiao import` said of a file: its status, its counts, the rest."""
    done = fengqiao(
        door,
        "import",
        str(file),
        "--channel",
        "hotline",
        "--area",
        "510104",
        "--map",
        "narrative=text",
    )
    assert "Traceback" not in done.stderr
    words = done.stdout.split()
    counts = {name: int(n) for name, n in zip(words[::2], words[1::2], strict=False)}
    return done.returncode, counts, done.stderr


def test_a_thousand_bad_rows_among_two_thousand(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "half.jsonl"
    file.write_bytes(lines(rows(2000, bad=1000)))

    status, counts, _ = imported(door, file)

    assert (status, counts) == (2, {"rows": 2000, "registered": 1000, "known": 0, "rejected": 1000})
    (beside,) = [path for path in tmp_path.iterdir() if path != file]
    told = beside.read_text("utf-8")
    assert told.count("narrative") >= 1000


@pytest.mark.parametrize("kind", ["cut", "mixed", "empty", "column"])
def test_a_broken_file_gives_what_is_whole_and_says_the_rest(
    door: Door, tmp_path: Path, kind: str
) -> None:
    file = (
        tmp_path
        / f"{kind}.{'csv' if kind == 'column' else 'jsonl'}{'.gz' if kind == 'cut' else ''}"
    )
    whole = lines(rows(60, tag=kind))
    file.write_bytes(
        {
            "cut": gzip.compress(whole)[:-60],
            "mixed": lines(rows(3, tag="a")) + lines(rows(3, tag="b")).decode().encode("gb18030"),
            "empty": b"",
            "column": "words,n\n邻居漏水,1\n".encode(),
        }[kind]
    )

    status, counts, told = imported(door, file)

    if kind == "cut":
        assert 0 < counts["registered"] < 60
        assert told.strip()
    elif kind == "mixed":
        assert (status, counts["registered"]) == (0, 6), told
    elif kind == "empty":
        assert counts.get("registered", 0) == 0
        assert "Traceback" not in told
    else:
        assert status == 1
        assert "text" in told
