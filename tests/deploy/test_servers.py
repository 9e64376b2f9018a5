"""The scripts of deploy/ and the fixtures over them: start, kill, come back, keep what was acknowledged."""

import asyncio
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from servers import ROOT, KafkaBroker, PostgresServer, retry


async def connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


@pytest.mark.postgres
async def test_each_database_of_postgres_is_empty_and_its_own(pg: PostgresServer) -> None:
    first, second = await pg.create_database(), await pg.create_database()
    one, two = await connect(first), await connect(second)
    await one.execute("CREATE TABLE cases (id int)")
    assert await two.fetchval("SELECT to_regclass('cases')") is None
    await two.close()
    await pg.drop_database(first)
    assert one.is_closed()


@pytest.mark.postgres
async def test_a_template_is_copied_with_its_rows(pg: PostgresServer, database_url: str) -> None:
    connection = await connect(database_url)
    await connection.execute("CREATE TABLE cases (id int); INSERT INTO cases VALUES (7)")
    await connection.close()
    copy = await connect(await pg.create_database(template=database_url.rpartition("/")[2]))
    assert await copy.fetchval("SELECT id FROM cases") == 7
    await copy.close()


@pytest.mark.postgres
async def test_postgres_keeps_an_acknowledged_row_over_kill_9(
    pg: PostgresServer, database_url: str
) -> None:
    connection = await connect(database_url)
    await connection.execute("CREATE TABLE cases (id int)")
    await connection.execute("INSERT INTO cases VALUES (1)")
    pg.kill()
    assert not pg.running()
    with pytest.raises(OSError, match="Connect call failed"):
        await connect(database_url)
    pg.start()
    connection = await connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM cases") == 1
    await connection.close()


async def send(broker: KafkaBroker, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        await asyncio.wait_for(producer.send_and_wait("cases", value, partition=0), 30)


async def read(broker: KafkaBroker, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(
        "cases", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
    )
    async with consumer, asyncio.timeout(30):
        return [(await anext(consumer)).value for _ in range(count)]


async def make_topic(broker: KafkaBroker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await retry(admin.start)
    await admin.create_topics([NewTopic("cases", 1, 1)])
    await admin.close()


async def topics(broker: KafkaBroker) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await retry(admin.start)
    names = [name for name in await admin.list_topics() if not name.startswith("__")]
    await admin.close()
    return names


@pytest.mark.kafka
async def test_kafka_keeps_an_acknowledged_message_over_kill_9_until_it_is_wiped(
    kafka: KafkaBroker,
) -> None:
    await make_topic(kafka)
    await send(kafka, b"1")
    kafka.kill()
    assert not kafka.running()
    await asyncio.to_thread(kafka.start)
    await send(kafka, b"2")
    assert await read(kafka, 2) == [b"1", b"2"]
    kafka.wipe()
    await asyncio.to_thread(kafka.start)
    assert await topics(kafka) == []


@pytest.mark.kafka
async def test_clear_leaves_no_topic_and_lets_the_same_one_be_made_anew(kafka: KafkaBroker) -> None:
    await make_topic(kafka)
    await send(kafka, b"old")
    await kafka.clear()
    assert await topics(kafka) == []
    await make_topic(kafka)
    await send(kafka, b"new")
    assert await read(kafka, 1) == [b"new"]


@pytest.mark.postgres
def test_no_server_outlives_a_test_run_that_was_killed() -> None:
    program = """
        from servers import PostgresServer
        server = PostgresServer()
        server.start()
        print(server.directory, server.port, flush=True)
        input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT / "tests",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        folder, port = run.stdout.readline().split()
        socket.create_connection(("127.0.0.1", int(port))).close()
        run.kill()
    end = time.monotonic() + 10
    while Path(folder).exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not Path(folder).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)))
