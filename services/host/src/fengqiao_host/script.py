"""What is done with a case after it is assigned: a list of acts that `drive` performs by the API."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Decision = Literal["valid", "refused"]


@dataclass(frozen=True, slots=True)
class Accept:
    """The committee accepts the case and gets its dossier number."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The committee does not accept, with a code of `refusal_reasons`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Consent:
    """All sides consent to mediation, after they were told their rights."""


@dataclass(frozen=True, slots=True)
class Decline:
    """The last respondent says no: mediation must stop (PML 17)."""

    words: str


@dataclass(frozen=True, slots=True)
class Supplement:
    """Later facts reach intake; triage looks again."""

    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session that everybody attends."""

    record: str
    place: str = "调解室"


@dataclass(frozen=True, slots=True)
class Owes:
    """A debt of an agreement: `debtor` and `creditor` are places in the case's list of parties,
    `amount` yuan or None where no money is owed, due `days` after the agreement.
    """

    debtor: int
    creditor: int
    text: str
    amount: Decimal | None = None
    days: int = 30


@dataclass(frozen=True, slots=True)
class Agree:
    """The parties agree, in writing or orally."""

    content: str
    owes: tuple[Owes, ...]
    form: Literal["written", "oral"] = "written"


@dataclass(frozen=True, slots=True)
class Sign:
    """Every party that must, the mediator and the seal sign the written agreement; or only some
    parties, when `parties` says how many, so that it does not bind yet.
    """

    parties: int | None = None


@dataclass(frozen=True, slots=True)
class Perform:
    """The first `count` obligations are performed, or all."""

    count: int | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """The debtor of the first obligation does not perform, with a code of `breach_reasons`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The parties apply for judicial confirmation, and the court decides."""

    outcome: Decision | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Terminate:
    """Mediation ends without agreement, with a code of `termination_reasons`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """The case is closed."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """The dossier is sealed."""


Act = (
    Accept
    | Refuse
    | Consent
    | Decline
    | Supplement
    | Session
    | Agree
    | Sign
    | Perform
    | Breach
    | Confirm
    | Terminate
    | Close
    | Archive
)
Script = tuple[Act, ...]
