"""Records as API clients see them: the same filters and the same blindness as the list."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from reviewtool.reviews.models import Stage
from screening.consensus import Outcome
from screening.forms.records import FilterForm
from screening.models import Record, Screening, Search
from screening.services import duplicates, groups, record_filters

_OUTCOMES = [*(outcome.value for outcome in Outcome), record_filters.UNSETTLED]
PARAMETERS = [
    OpenApiParameter("q", str, description="words and “quoted phrases”, all of which must occur"),
    OpenApiParameter("source", int, description="id of a search"),
    OpenApiParameter("kind", str, enum=Search.Kind.values),
    OpenApiParameter("title_abstract", str, description=", ".join(_OUTCOMES)),
    OpenApiParameter("full_text", str, description=", ".join(_OUTCOMES)),
    OpenApiParameter("year_from", int),
    OpenApiParameter("year_to", int),
    OpenApiParameter("abstract", str, enum=["yes", "no"]),
    OpenApiParameter("removed", str, enum=["yes", "no"]),
    OpenApiParameter("copies", str, enum=["one", "extra", "joined"]),
]


class SourceSerializer(serializers.ModelSerializer):
    """Where a record came from."""

    class Meta:
        model = Search
        fields = ["id", "kind", "source", "platform", "searched_on"]


class RecordSerializer(serializers.ModelSerializer):
    """A record as its source gave it, corrections applied; `group` is its canonical record."""

    group = serializers.IntegerField(source="canonical_id", allow_null=True)
    is_removed = serializers.SerializerMethodField()

    class Meta:
        model = Record
        fields = [
            "id", "group", "search", "title", "authors", "year", "journal", "volume", "number",
            "pages", "doi", "pmid", "abstract", "keywords", "language", "type", "registry_id",
            "url", "accession", "is_removed",
        ]  # fmt: skip

    def get_is_removed(self, record: Record) -> bool:
        return record.removed_seq is not None


class GroupMemberSerializer(serializers.ModelSerializer):
    """A record of the same report, and the search that found it."""

    search = SourceSerializer()

    class Meta:
        model = Record
        fields = ["id", "search", "title", "doi", "pmid", "accession"]


class BestFieldSerializer(serializers.Serializer):
    """The best value of a field among the duplicates, and the record it is taken from."""

    field = serializers.CharField()
    value = serializers.JSONField()
    record = serializers.IntegerField()


class OutcomeSerializer(serializers.Serializer):
    """Where the report stands at a stage, as far as the caller may know."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    outcome = serializers.CharField()


class RecordDetailSerializer(RecordSerializer):
    """A record with its duplicates, their sources, its raw tags and visible outcomes."""

    sources = serializers.SerializerMethodField()
    best = serializers.SerializerMethodField()
    outcomes = serializers.SerializerMethodField()

    class Meta(RecordSerializer.Meta):
        fields = [
            *RecordSerializer.Meta.fields, "note", "raw", "line", "sources", "best", "outcomes",
        ]  # fmt: skip

    @extend_schema_field(GroupMemberSerializer(many=True))
    def get_sources(self, record: Record) -> list[dict[str, Any]]:
        members = groups.group_of(record).select_related("search")
        return list(GroupMemberSerializer(members, many=True).data)

    @extend_schema_field(BestFieldSerializer(many=True))
    def get_best(self, record: Record) -> list[dict[str, Any]]:
        members = list(groups.group_of(record))
        best = duplicates.best_of(members)
        return [{"field": one.name, "value": one.value, "record": one.record.pk} for one in best]

    @extend_schema_field(OutcomeSerializer(many=True))
    def get_outcomes(self, record: Record) -> list[dict[str, str]]:
        words = record_filters.outcome_words(self.context["request"].member)
        rows = Screening.objects.filter(record=record.canonical_id)
        return [{"stage": row.stage, "outcome": words[row.outcome]} for row in rows]


def records_asked_for(request: Request) -> QuerySet[Record]:
    """Return the records that a request's filters find; a wrong filter is answered with why."""
    member = request.member
    form = FilterForm(
        request.query_params,
        searches=Search.objects.filter(review=member.review),
        outcomes=record_filters.outcome_choices(member),
    )
    if not form.is_valid():
        raise ValidationError(
            {name: [str(one) for one in said] for name, said in form.errors.items()}
        )
    return record_filters.find(member, record_filters.Filters(**form.asked()))


class RecordViewSet(viewsets.ReadOnlyModelViewSet):
    """Records of the review, with the filters of the records list."""

    serializer_class = RecordSerializer
    queryset = Record.objects.none()

    def get_queryset(self):
        member = self.request.member
        if self.action != "list":
            return Record.objects.filter(review=member.review).visible()
        return records_asked_for(self.request).defer("raw", "raw_text", "search_text")

    def get_serializer_class(self):
        return RecordDetailSerializer if self.action == "retrieve" else RecordSerializer

    @extend_schema(parameters=PARAMETERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
