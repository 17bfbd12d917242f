"""Judgements on duplicates as API clients see and make them."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from reviewtool.reviews.permissions import Permission
from screening.models import DuplicateJudgement, Record
from screening.services import dedupe, duplicates

Verdict = DuplicateJudgement.Verdict


class JudgementSerializer(serializers.ModelSerializer):
    """What a rule or a person said of two records."""

    by = serializers.CharField(source="actor.user.username", read_only=True)

    class Meta:
        model = DuplicateJudgement
        fields = [
            "id", "seq", "first", "second", "verdict", "relation", "by_rule", "by", "score",
            "evidence_for", "evidence_against", "recorded_at",
        ]  # fmt: skip


class NewJudgementSerializer(serializers.Serializer):
    """A person's word on two records; the same key sent twice enters one judgement."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    verdict = serializers.ChoiceField(
        choices=[(v.value, v.label) for v in Verdict if v != Verdict.OPEN]
    )
    relation = serializers.ChoiceField(
        choices=DuplicateJudgement.Relation.choices, required=False, default="", allow_blank=True
    )
    key = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class JudgementViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Judgements on pairs of records; POST enters the caller's own."""

    serializer_class = JudgementSerializer
    write_permission = Permission.JUDGE_DUPLICATES
    queryset = DuplicateJudgement.objects.none()

    def get_queryset(self):
        review = self.request.member.review
        rows: QuerySet[DuplicateJudgement] = DuplicateJudgement.objects.filter(review=review)
        if self.request.query_params.get("standing") == "true":
            rows = duplicates.standing_judgements(review)
        return rows.select_related("actor__user").order_by("pk")

    @extend_schema(
        parameters=[OpenApiParameter("standing", bool, description="only those that hold")]
    )
    def list(self, request: Request, *args, **kwargs) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewJudgementSerializer, responses={201: JudgementSerializer})
    def create(self, request: Request, slug: str) -> Response:
        asked = NewJudgementSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        word = dict(asked.validated_data)
        records = Record.objects.filter(review=request.member.review).visible()
        first = get_object_or_404(records, pk=word.pop("first"))
        second = get_object_or_404(records, pk=word.pop("second"))
        row = dedupe.judge_pair(first, second, by=request.member, **word)
        return Response(JudgementSerializer(row).data, status=201)
