from screening.models.decisions import Decision, Screening
from screening.models.dedupe import DuplicateJudgement, DuplicateQuestion
from screening.models.imports import (
    ImportedFile,
    ImportProblem,
    SavedSearch,
    Search,
)
from screening.models.mappings import ColumnMapping
from screening.models.offers import Offer
from screening.models.ranking import FeatureSet, RankingRun
from screening.models.records import Record
from screening.models.reports import Report, ReportFile, ReportPage, Study, StudyReport

__all__ = [
    "ColumnMapping",
    "Decision",
    "DuplicateJudgement",
    "DuplicateQuestion",
    "FeatureSet",
    "ImportProblem",
    "ImportedFile",
    "Offer",
    "RankingRun",
    "Record",
    "Report",
    "ReportFile",
    "ReportPage",
    "SavedSearch",
    "Screening",
    "Search",
    "Study",
    "StudyReport",
]
