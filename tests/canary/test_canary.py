"""Personal data stay where they belong: a whole town of marked people, and a look into every place."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from canary import places, planted, readers
from canary.allowed import ALLOWED
from canary.persons import CLASS_1, CLASS_2, CODE, SECRET, Canary, Flock
from canary.seen import Seen, lived
from canary.town import COURT, Receiver, Town
from flow.running import MODES, running
from servers import free_port

from fengqiao_chassis.bus.codec import partition_of
from fengqiao_contracts.ids import new_id

pytestmark = pytest.mark.timeout(600)  # the first test of a mode waits for the lives

CLEAR = ("/v1/cases/{case_id}/casework/parties", "/v1/mediators/{mediator_id}")
"""The two answers that open class 1 to those who handle a case or keep the registry; each is audited."""

STORIES = ("performed", "red", "referred", "imported", "erased", "stray")


@pytest.fixture(scope="module", params=MODES)
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    """The platform in one mode, after a town has lived in it."""
    folder = tmp_path_factory.mktemp("canary")
    receiver = Receiver(free_port())
    allowed = {"FENGQIAO_GATEWAY_WEBHOOK_ALLOW": f"127.0.0.1:{receiver.port}"}
    server = receiver.start()
    with running(request, folder, **allowed) as stack:
        town = Town(stack, Flock(), receiver)
        lives = asyncio.run(lived(town, folder))
        folders = [folder]
        if stack.mode == "servers":
            servers = ("pg_server", "kafka_server")
            folders += [request.getfixturevalue(name).directory for name in servers]
        yield Seen(town, lives, folders)
    server.shutdown()
    server.server_close()


def test_only_allowed_columns_show_names_and_words_and_none_shows_more(seen: Seen) -> None:
    found = seen.tables()
    if seen.town.stack.mode == "embedded":
        found = {k: v for k, v in found.items() if not k[1].startswith("intake_search")}
    strict = seen.town.flock.of(*CLASS_1, CODE, SECRET)
    assert seen.scan(found, strict) == {}
    loose = seen.scan(found, seen.town.flock.of(*CLASS_2))
    assert {place: hits for place, hits in loose.items() if place not in ALLOWED} == {}
    assert [place for place in ALLOWED if place not in loose] == []


def test_the_database_file_shows_no_class_1(seen: Seen) -> None:
    files = places.sqlite_files(seen.town.stack)
    assert bool(files) == (seen.town.stack.mode == "embedded")
    assert seen.scan(files, seen.town.flock.of(*CLASS_1, CODE, SECRET)) == {}


def test_an_erased_case_is_in_no_column_any_more(seen: Seen) -> None:
    assert seen.scan(seen.tables(), seen.everything("erased.")) == {}


def test_what_was_sent_in_a_wrong_place_was_not_kept(seen: Seen) -> None:
    strays = seen.everything("stray")
    assert seen.scan(seen.tables(), strays) == {}
    assert seen.scan(seen.lives.refusals, strays) == {}


def test_parked_facts_are_there_and_show_nothing(seen: Seen) -> None:
    parked = {place: data for place, data in seen.tables().items() if place[1] == "bus_parked"}
    subjects = parked["chassis", "bus_parked", "subject"].split(places.SEPARATOR)
    assert len(set(subjects)) >= (2 if seen.town.stack.mode == "embedded" else 5)
    assert seen.scan(parked, seen.everything()) == {}


def test_the_broker_shows_nothing_to_a_foreign_consumer(seen: Seen) -> None:
    topics = seen.bus()
    assert set(topics) >= {"fengqiao.cases", "fengqiao.registry"}
    foreign = set(seen.everything("foreign"))  # the test's own records hold them in clear
    ours = [canary for canary in seen.everything() if canary not in foreign]
    assert seen.scan(topics, ours) == {}


def test_logs_metrics_and_commands_show_nothing(seen: Seen) -> None:
    logs = places.logs(*seen.folders)
    assert len(logs) >= (1 if seen.town.stack.mode == "embedded" else 9)
    assert seen.scan(logs, seen.everything()) == {}
    metrics = places.metrics(seen.town.stack)
    assert all(b"fengqiao_outbox_rows" in shown for shown in metrics.values())
    errors = places.error_files(seen.folders[0])
    assert [len(rows.splitlines()) for rows in errors.values()] == [3]
    printed = places.command_line(seen.town.stack) | seen.lives.printed
    assert b"case.registered.v1" in printed["events export"]
    assert b"mediation" in printed["dlq list"]
    assert seen.scan(printed | metrics | errors, seen.everything()) == {}


def test_stream_cursor_and_webhooks_show_nothing_to_anybody(seen: Seen) -> None:
    async def read() -> dict[object, bytes]:
        found: dict[object, bytes] = {}
        for reader in (*readers.OWN, *readers.WRONG):
            found["cursor", reader] = await readers.pulled(seen.town, reader)
            found["stream", reader] = await readers.streamed(seen.town, reader)
        return found

    found = asyncio.run(read())
    for way in ("cursor", "stream"):
        assert all(b"case.registered.v1" in found[way, who] for who in readers.OWN), way
    found["webhook"] = places.SEPARATOR.join(seen.town.receiver.taken)
    assert b"case.registered.v1" in found["webhook"]
    assert seen.scan(found, seen.everything()) == {}


def test_no_answer_shows_a_case_to_whom_it_does_not_concern(seen: Seen) -> None:
    for reader in readers.WRONG:
        answers = asyncio.run(readers.read_all(seen.town, seen.lives, reader))
        own = ("refused",) if reader == "party-elsewhere" else ()
        strange = [
            c for s in (*STORIES, "refused") if s not in own for c in seen.everything(f"{s}.")
        ]
        found = {(a.path, a.status): a.body for a in answers}
        assert seen.scan(found, strange) == {}, reader


def test_a_search_for_a_name_or_phone_tells_a_stranger_nothing(seen: Seen) -> None:
    (name,) = seen.town.flock.of("name", owners="performed.applicant")
    (phone,) = seen.town.flock.of("phone", owners="performed.applicant")

    async def found(reader: str, words: str) -> int:
        async with seen.town.client(reader) as client:
            answer = await client.get("/cases", params={"q": words})
            return int(answer.json()["total"]) if answer.status_code == 200 else 0

    for words in (name.value, phone.value):
        assert asyncio.run(found("city", words)) == 1
        assert [who for who in readers.WRONG if asyncio.run(found(who, words))] == []


def test_the_right_readers_see_names_and_words_and_only_handlers_see_more(seen: Seen) -> None:
    open_to = {"city": CLEAR, "district": CLEAR, "mediator": CLEAR[:1]}
    for reader in readers.OWN:
        answers = asyncio.run(readers.read_all(seen.town, seen.lives, reader))
        strict = seen.town.flock.of(*CLASS_1, CODE, SECRET)
        opened = open_to.get(reader, ())
        clear = {a.path: a.body for a in answers if a.template in opened}
        rest = {(a.path, a.status): a.body for a in answers if a.template not in opened}
        assert seen.scan(rest, strict) == {}, reader
        shown = {a.template for a in answers if a.path in seen.scan(clear, strict)}
        assert shown == set(opened), reader
        story = "referred" if reader == COURT else "performed"
        assert seen.scan(rest, seen.everything(f"{story}.narrative")), reader


def test_a_canary_planted_in_any_table_is_found(seen: Seen) -> None:
    phone = Flock().person("planted").phone

    async def plant() -> tuple[set[places.Column], dict[places.Column, bytes]]:
        async with places.connected(seen.town.stack) as connection:
            where = await planted.in_tables(connection, phone)
            found = await places.columns(connection)
            await connection.rollback()
        return where, found

    where, found = asyncio.run(plant())
    every = {place[1] for place in found}
    missed = every - {place[1] for place in where}
    assert {table for table in missed if not table.startswith("intake_search")} == planted.NO_TEXT
    assert set(ALLOWED) <= where
    hits = seen.scan(found, [Canary("planted", "phone", phone)])
    assert where - set(hits) == set()


def test_a_canary_planted_in_a_log_is_found(seen: Seen) -> None:
    word = Flock().words("planted")
    for path in places.logs(*seen.folders):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"event": "planted", "name": word}) + "\n")
    logs = places.logs(*seen.folders)
    assert set(seen.scan(logs, [Canary("planted", "words", word)])) == set(logs)


def test_a_canary_planted_in_a_metric_is_found(seen: Seen) -> None:
    """A status becomes the label of a metric: a name that came there would be shown."""
    flock = Flock()
    name = flock.person("planted").name
    stack = seen.town.stack
    with planted.in_a_status(stack, seen.lives.cases["performed"], name):
        found = places.metrics(stack)
    shown = {"embedded": "/metrics of gateway", "servers": "/metrics of intake"}[stack.mode]
    assert set(seen.scan(found, flock.of("name"))) == {shown}


def test_a_canary_planted_in_a_file_of_bad_rows_is_found(seen: Seen) -> None:
    flock = Flock()
    person = flock.person("planted")
    (path,) = places.error_files(seen.folders[0])
    with Path(path).open("a", encoding="utf-8") as rows:
        rows.write(f"3,invalid-input,{person.name} {person.phone}\n")
    found = places.error_files(seen.folders[0])
    hits = seen.scan(found, flock.of("name", "phone"))
    assert {hit.canary.kind for hit in hits[path]} == {"name", "phone"}


def test_a_fact_that_carries_a_name_in_clear_is_found_everywhere_it_gets_to(seen: Seen) -> None:
    planted_flock = Flock()
    name = planted_flock.person("planted").name
    word = planted_flock.words("planted")
    canaries = planted_flock.of("name", "words")
    data = orjson.dumps({"case_id": "c", "reason": name, "erased_at": "2026-03-02T00:00:00Z"})
    leak = planted.envelope(new_id(), new_id(), data, 90)
    stuck = planted.supplement(seen.town, Flock().person("x"), "x", 91)
    stuck = replace(stuck, subject=f"{word}{name}", partition=partition_of(f"{word}{name}"))
    asyncio.run(planted.state(seen.town, [leak, stuck]))
    asyncio.run(seen.town.settle())

    async def answers() -> dict[str, bytes]:
        stranger = await readers.read_all(seen.town, seen.lives, "district-elsewhere")
        told = {a.template: a.body for a in stranger if a.template == "/v1/facts"}
        return told | {"stream": await readers.streamed(seen.town, "district-elsewhere")}

    found: dict[str, bytes] = {**seen.bus(), **places.command_line(seen.town.stack)}
    found |= asyncio.run(answers())
    shown = {"fengqiao.cases", "events export", "dlq list", "/v1/facts", "stream"}
    assert set(seen.scan(found, canaries)) >= shown
    files = places.sqlite_files(seen.town.stack)
    assert bool(seen.scan(files, canaries)) == bool(files)
