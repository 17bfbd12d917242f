"""The PRISMA 2020 flow: counted from facts, checked, drawn and written out (pure)."""

from screening.prisma.facts import (
    GroupFact,
    JoinedBy,
    RecordFact,
    Retrieval,
    SourceKind,
    StoppingFact,
    Tally,
    UnreadAs,
)
from screening.prisma.flow import Count, Flow, Pending, ReportColumn, blinded
from screening.prisma.fold import build_flow
from screening.prisma.identities import Identity, check_identities

__all__ = [
    "Count",
    "Flow",
    "GroupFact",
    "Identity",
    "JoinedBy",
    "Pending",
    "RecordFact",
    "ReportColumn",
    "Retrieval",
    "SourceKind",
    "StoppingFact",
    "Tally",
    "UnreadAs",
    "blinded",
    "build_flow",
    "check_identities",
]
