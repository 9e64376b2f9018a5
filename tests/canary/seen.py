"""The town after its lives, and the scan of a place for what must not be there."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from canary import places, planted
from canary.lives import Lives, live
from canary.needles import Hit, Scanner
from canary.persons import CLASS_1, CLASS_2, CODE, SECRET, Canary
from canary.strays import stray
from canary.town import Town, settle_in


class Seen:
    """The town after its lives, and what was found in each place."""

    def __init__(self, town: Town, lives: Lives, folders: list[Path]) -> None:
        self.town, self.lives, self.folders = town, lives, folders

    def scan[P](self, found: Mapping[P, bytes], canaries: list[Canary]) -> dict[P, set[Hit]]:
        """The places where some of the canaries are found."""
        scanner = Scanner(canaries)
        return {place: hits for place, data in found.items() if (hits := scanner.hits(data))}

    def everything(self, owners: str = "") -> list[Canary]:
        """Canaries of every kind, those whose owner begins so."""
        return self.town.flock.of(*CLASS_1, *CLASS_2, CODE, SECRET, owners=owners)

    def bus(self) -> dict[str, bytes]:
        """What lies on the bus by topic; in one process that is the outbox."""
        if self.town.stack.mode == "servers":
            return places.records(self.town.stack.environment["FENGQIAO_KAFKA_BOOTSTRAP"])
        outbox = places.SEPARATOR.join(v for k, v in self.tables().items() if k[1] == "bus_outbox")
        return dict.fromkeys(("fengqiao.cases", "fengqiao.registry"), outbox)

    def tables(self) -> dict[places.Column, bytes]:
        """Every column of every table."""

        async def read() -> dict[places.Column, bytes]:
            async with places.connected(self.town.stack) as connection:
                return await places.columns(connection)

        return asyncio.run(read())


async def lived(town: Town, folder: Path) -> Lives:
    """Settle the town, lead all lives, send what is wrong, park what cannot be applied."""
    await settle_in(town)
    lives = await live(town, folder)
    await stray(town, lives)
    await town.settle()
    await planted.park(town, town.flock)
    return lives
