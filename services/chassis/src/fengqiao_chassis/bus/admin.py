"""The topics: made once with 12 partitions, refused with any other number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.facts import TOPICS

RETENTION_MS = 14 * 24 * 3600 * 1000
COPIES = 3
WAIT = 0.2
SECONDS = 30.0
"""How long a broker that is just starting is waited for."""
_CONFIGS = {"retention.ms": str(RETENTION_MS), "cleanup.policy": "delete"}


class TopicsError(SystemExit):
    """The topics are not as they must be: the text says why, and the remedy."""


async def create_topics(bootstrap: str, prefix: str = "", *, seconds: float = SECONDS) -> list[str]:
    """Make the topics that are missing and check the others; returns the names made.

    Three copies of each, or as many as there are brokers. Raises TopicsError for another number of
    partitions, or when it cannot be done within `seconds`.
    """
    trouble = ["no answer"]
    try:
        async with asyncio.timeout(seconds), _admin(bootstrap) as admin:
            made = await _create_missing(admin, prefix, trouble)
            counts = await _partitions(admin, prefix)
            while None in counts.values():
                await asyncio.sleep(WAIT)
                counts = await _partitions(admin, prefix)
    except TimeoutError:
        raise TopicsError(
            f"{seconds:.0f} 秒内无法在 Kafka（{bootstrap}）创建主题（{trouble[-1]}）："
            "请检查 FENGQIAO_KAFKA_BOOTSTRAP 和 Kafka。\n"
            f"The topics could not be made at {bootstrap} within {seconds:.0f} s ({trouble[-1]}): "
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


async def drop_topics(bootstrap: str, prefix: str) -> None:
    """Delete the topics of a prefix that was used for a while. Raises ValueError without a prefix."""
    if not prefix:
        raise ValueError("the platform's own topics are never deleted")
    async with _admin(bootstrap) as admin:
        there = set(await admin.list_topics())
        await admin.delete_topics([prefix + t for t in TOPICS if prefix + t in there])


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client; waits for a broker that is still starting."""
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
        except KafkaError:
            await admin.close()
            await asyncio.sleep(WAIT)
            continue
        except BaseException:
            await admin.close()
            raise
        break
    try:
        yield admin
    finally:
        await admin.close()


async def _create_missing(admin: AIOKafkaAdminClient, prefix: str, trouble: list[str]) -> list[str]:
    """Tries until it is done; `trouble` gets the name of each error."""
    while True:
        try:
            there = set(await admin.list_topics())
            missing = [prefix + topic for topic in TOPICS if prefix + topic not in there]
            if not missing:
                return []
            brokers = len((await admin.describe_cluster())["brokers"])
            copies = max(1, min(COPIES, brokers))
            answer = await admin.create_topics(
                [NewTopic(name, PARTITIONS, copies, topic_configs=_CONFIGS) for name in missing]
            )
        except KafkaError as error:
            trouble.append(type(error).__name__)
            await asyncio.sleep(WAIT)
            continue
        codes = {error[0]: error[1] for error in answer.topic_errors}
        bad = [code for code in codes.values() if code not in {0, TopicAlreadyExistsError.errno}]
        if not bad:
            return [name for name in missing if codes.get(name) == 0]
        trouble.append(for_code(bad[0]).__name__)
        await asyncio.sleep(WAIT)


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
