"""Grouping reports into studies."""

from dataclasses import dataclass
from typing import ClassVar

from reviewtool.reviews.events import Happening, event_kind


@event_kind
@dataclass(frozen=True)
class StudyCreated(Happening):
    kind: ClassVar[str] = "study_created"
    study: int
    label: str

    def sentence(self) -> str:
        return f"created the study {self.label}"

    def subject(self) -> str:
        return f"study:{self.study}"


@event_kind
@dataclass(frozen=True)
class ReportLinked(Happening):
    kind: ClassVar[str] = "report_linked"
    study: int
    label: str
    report: int
    is_main: bool = False

    def sentence(self) -> str:
        return f"linked report {self.report} to the study {self.label}"

    def subject(self) -> str:
        return f"study:{self.study}"


@event_kind
@dataclass(frozen=True)
class ReportUnlinked(Happening):
    kind: ClassVar[str] = "report_unlinked"
    study: int
    label: str
    report: int

    def sentence(self) -> str:
        return f"took report {self.report} out of the study {self.label}"

    def subject(self) -> str:
        return f"study:{self.study}"


@event_kind
@dataclass(frozen=True)
class StudyMerged(Happening):
    kind: ClassVar[str] = "study_merged"
    study: int
    label: str
    into: int
    into_label: str

    def sentence(self) -> str:
        return f"merged the study {self.label} into {self.into_label}"

    def subject(self) -> str:
        return f"study:{self.study}"


@event_kind
@dataclass(frozen=True)
class StudyRenamed(Happening):
    kind: ClassVar[str] = "study_renamed"
    study: int
    before: str
    label: str

    def sentence(self) -> str:
        return f"renamed the study {self.before} to {self.label}"

    def subject(self) -> str:
        return f"study:{self.study}"
