"""Every fact of the platform. One module per stating service; all are re-exported here."""

from .base import (
    CASES,
    FACTS,
    INSIGHTS,
    LATEST,
    REGISTRY,
    TOPICS,
    UPCASTERS,
    Fact,
    Pii,
    UnknownFact,
    decode,
)
from .insights import DailySummaryIssued
from .intake import (
    CaseLinked,
    CasePii,
    CaseRegistered,
    CaseSupplemented,
    PersonalDataErased,
    ReferralPii,
    ReferralReceived,
    SupplementPii,
)
from .mediation import (
    AgreementEffective,
    AgreementPii,
    AgreementReached,
    AgreementSigned,
    CaseAccepted,
    CaseArchived,
    CaseClosed,
    CaseRefused,
    CaseTerminated,
    ConfirmationDecided,
    ConsentGiven,
    ConsentRefused,
    DeadlineMissed,
    NotePii,
    ObligationBreached,
    ObligationPerformed,
    SessionHeld,
)
from .registry import (
    CommitteeRegistered,
    ExpertEnrolled,
    MediatorAdmitted,
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
    PersonPii,
)
from .routing import (
    AssignmentWithdrawn,
    CaseRedirected,
    CaseRouted,
    CaseWaitlisted,
    MediatorAssigned,
)
from .triage import AnalysisPii, CaseAnalyzed, CaseAssessed, Flag

__all__ = [n for n in dir() if not n.startswith("_")]  # pyright: ignore[reportUnsupportedDunderAll]
