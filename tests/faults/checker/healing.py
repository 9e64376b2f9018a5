"""I10 self-heal: settled again within 30 s of the last fault, with no manual step."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Evidence, Judgement, judge

SECONDS = 30.0


def settled_again(e: Evidence) -> Iterator[Judgement]:
    """All services answer, nothing is unsent or unread, and no consumer stopped itself."""
    counts = {name: e.settled.get(name) for name in ("settled", "outbox", "lag", "waiting")}
    yield judge(e.settled.get("settled") is True, "I10", "platform", f"not settled: {counts}")
    for service, answer in e.settled.get("services", {}).items():
        if answer is None:
            yield judge(answer is not None, "I10", service, "does not answer")
            continue
        right = not answer["outbox"] and answer["lag"] == 0
        words = f"{answer['outbox']} facts unsent, {answer['lag']} unread"
        yield judge(right, "I10", service, words)
        words = f"stopped ({answer['stopped']}), ready {answer['ready']}"
        yield judge(not answer["stopped"] and answer["ready"], "I10", service, words)


def outboxes_are_sent(e: Evidence) -> Iterator[Judgement]:
    """On the servers all that was stated is acknowledged by the broker: the rows say so too."""
    if e.mode == "embedded":
        return
    for row in e.rows["bus_positions"]:
        words = f"acknowledged {row['acked']} of {row['position']} in {row['topic']}"
        yield judge(row["acked"] == row["position"], "I10", row["source"], words)


def within_thirty_seconds(e: Evidence) -> Iterator[Judgement]:
    """From the end of the last fault."""
    if e.recovery_seconds is not None:
        words = f"took {e.recovery_seconds:.1f} s"
        yield judge(e.recovery_seconds <= SECONDS, "I10", "platform", words)


def without_a_manual_step(e: Evidence) -> Iterator[Judgement]:
    """No file deleted, no offset reset, no command given."""
    yield judge(not e.manual_steps, "I10", "platform", f"by hand: {', '.join(e.manual_steps)}")


HEALING = (settled_again, outboxes_are_sent, within_thirty_seconds, without_a_manual_step)
