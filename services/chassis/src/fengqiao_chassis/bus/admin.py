"""The topics: made once with 12 partitions, refused with any other number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.facts import TOPICS

RETENTION_MS = 14 * 24 * 3600 * 1000
SECONDS = 30.0
"""How long a broker that is just starting is waited for."""
_CONFIGS = {"retention.ms": str(RETENTION_MS), "cleanup.policy": "delete"}
_EXISTS = 36


class TopicsError(SystemExit):
    """The topics are not as they must be: the text says why, and the remedy."""


async def create_topics(
    bootstrap: str, prefix: str = "", *, replication: int = -1, seconds: float = SECONDS
) -> list[str]:
    """Make the topics that are missing and check the others; returns the names made.

    `replication` -1 = the broker's default. Raises TopicsError for another number of partitions,
    or when the broker does not answer within `seconds`.
    """
    try:
        async with asyncio.timeout(seconds), _admin(bootstrap) as admin:
            made = await _create_missing(admin, prefix, replication)
            while None in (counts := await _partitions(admin, prefix)).values():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TopicsError(
            f"Kafka（{bootstrap}）{seconds:.0f} 秒内没有响应：请检查 FENGQIAO_KAFKA_BOOTSTRAP。\n"
            f"Kafka at {bootstrap} did not answer within {seconds:.0f} s: "
            "check FENGQIAO_KAFKA_BOOTSTRAP and that the broker runs."
        ) from None
    _refuse_other(counts)
    return made


async def check_topics(bootstrap: str, prefix: str = "", *, seconds: float = SECONDS) -> None:
    """Refuse with TopicsError a start on topics that are missing or have another number of
    partitions. A broker that is away raises nothing: it may come later.
    """
    try:
        async with asyncio.timeout(seconds), _admin(bootstrap) as admin:
            counts = await _partitions(admin, prefix)
    except TimeoutError:
        return
    if missing := sorted(name for name, count in counts.items() if count is None):
        names = ", ".join(missing)
        raise TopicsError(
            f"缺少主题 {names}：请先运行 fengqiao migrate。\n"
            f"Topics are missing ({names}): run `fengqiao migrate`, then start again."
        )
    _refuse_other(counts)


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client; waits for a broker that is still starting."""
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
        except KafkaError:
            await admin.close()
            await asyncio.sleep(0.2)
            continue
        except BaseException:
            await admin.close()
            raise
        break
    try:
        yield admin
    finally:
        await admin.close()


async def _create_missing(admin: AIOKafkaAdminClient, prefix: str, replication: int) -> list[str]:
    while True:
        try:
            there = set(await admin.list_topics())
            missing = [prefix + topic for topic in TOPICS if prefix + topic not in there]
            if not missing:
                return []
            answer = await admin.create_topics(
                [
                    NewTopic(name, PARTITIONS, replication, topic_configs=_CONFIGS)
                    for name in missing
                ]
            )
        except KafkaError:
            await asyncio.sleep(0.2)
            continue
        codes = {error[0]: error[1] for error in answer.topic_errors}
        if all(code in {0, _EXISTS} for code in codes.values()):
            return [name for name in missing if codes.get(name) == 0]
        await asyncio.sleep(0.2)


async def _partitions(admin: AIOKafkaAdminClient, prefix: str) -> dict[str, int | None]:
    """The number of partitions of each topic; None where there is none (yet)."""
    names = [prefix + topic for topic in TOPICS]
    try:
        there = set(await admin.list_topics())
        found = await admin.describe_topics([name for name in names if name in there])
    except KafkaError:
        return dict.fromkeys(names)
    counts = {t["topic"]: len(t["partitions"]) for t in found if t["error_code"] == 0}
    return {name: counts.get(name) or None for name in names}


def _refuse_other(counts: dict[str, int | None]) -> None:
    other = {name: n for name, n in counts.items() if n != PARTITIONS}
    if not other:
        return
    names = ", ".join(f"{name}={n}" for name, n in sorted(other.items()))
    raise TopicsError(
        f"主题分区数不是 {PARTITIONS}（{names}）：分区数永远不能改变，键会落到别的分区。"
        "请改用另一个 Kafka 或删除这些空主题后重新运行 fengqiao migrate。\n"
        f"These topics do not have {PARTITIONS} partitions ({names}). The number can never change, "
        "because facts would land in other partitions: use another Kafka, or delete the topics if "
        "they are empty and run `fengqiao migrate` again."
    )
