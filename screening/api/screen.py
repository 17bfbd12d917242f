"""Decisions and cards as API clients see them: the same services, the same blindness."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reviewtool.reviews.models import Stage
from reviewtool.reviews.permissions import Permission
from screening.consensus import Verdict
from screening.models import Decision, Offer, Record
from screening.services import decisions, offers, ranking


class DecisionSerializer(serializers.ModelSerializer):
    """A decision as an API client reads it."""

    reviewer = serializers.CharField(source="actor.user.username", read_only=True)

    class Meta:
        model = Decision
        fields = [
            "id", "seq", "record", "stage", "act", "verdict", "reason", "further_reasons", "note",
            "reviewer", "is_adjudication", "supersedes", "recorded_at",
        ]  # fmt: skip


class NewDecisionSerializer(serializers.Serializer):
    """A decision as an API client makes it; the same key sent twice enters one decision."""

    record = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    verdict = serializers.ChoiceField(choices=[v.value for v in Verdict])
    reason = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    further_reasons = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list
    )
    note = serializers.CharField(max_length=5000, required=False, default="", allow_blank=True)
    key = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class DecisionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Decisions the caller may see; POST enters one of their own."""

    serializer_class = DecisionSerializer
    write_permission = Permission.SCREEN
    queryset = Decision.objects.none()

    def get_queryset(self):
        found = Decision.objects.visible_to(self.request.member).select_related("actor__user")
        wanted = self.request.query_params
        if wanted.get("stage") in Stage.values:
            found = found.filter(stage=wanted["stage"])
        if wanted.get("record", "").isdigit():
            found = found.filter(record=wanted["record"])
        if wanted.get("current") == "true":
            found = found.current()
        return found

    @extend_schema(
        parameters=[
            OpenApiParameter("stage", str, enum=Stage.values),
            OpenApiParameter("record", int),
            OpenApiParameter("current", bool, description="only decisions that stand"),
        ]
    )
    def list(self, request: Request, *args, **kwargs) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewDecisionSerializer, responses={201: DecisionSerializer})
    def create(self, request: Request, slug: str) -> Response:
        asked = NewDecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        answer = dict(asked.validated_data)
        member = request.member
        record = get_object_or_404(
            Record.objects.visible(), pk=answer.pop("record"), review=member.review
        )
        decision = decisions.decide(record, by=member, **answer)
        ranking.after_decision(decision, by=member)
        return Response(DecisionSerializer(decision).data, status=201)

    @extend_schema(request=None, responses={200: DecisionSerializer})
    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Take back one's own decision; the answer is the ledger entry that does so."""
        decision = get_object_or_404(
            Decision, pk=pk, review=request.member.review, actor=request.member
        )
        retraction = decisions.retract(decision, by=request.member)
        ranking.after_decision(decision, by=request.member)
        return Response(DecisionSerializer(retraction).data)


class CardSerializer(serializers.ModelSerializer):
    """A card: the record to decide on. Its kind and place in the order are not told."""

    record = serializers.IntegerField(source="record_id")
    title = serializers.CharField(source="record.title")
    abstract = serializers.CharField(source="record.abstract")
    keywords = serializers.ListField(source="record.keywords", child=serializers.CharField())
    authors = serializers.ListField(source="record.authors", child=serializers.CharField())
    journal = serializers.CharField(source="record.journal")
    year = serializers.IntegerField(source="record.year", allow_null=True)
    doi = serializers.CharField(source="record.doi")
    pmid = serializers.CharField(source="record.pmid")

    class Meta:
        model = Offer
        fields = [
            "id", "record", "stage", "title", "abstract", "keywords", "authors", "journal",
            "year", "doi", "pmid",
        ]  # fmt: skip


class CardsView(APIView):
    """The caller's open cards; POST offers cards ahead."""

    read_permission = Permission.SCREEN
    write_permission = Permission.SCREEN

    @extend_schema(responses=CardSerializer(many=True))
    def get(self, request: Request, slug: str, stage: Stage) -> Response:
        return Response(CardSerializer(offers.cards(request.member, stage=stage), many=True).data)

    @extend_schema(request=None, responses=CardSerializer(many=True))
    def post(self, request: Request, slug: str, stage: Stage) -> Response:
        return Response(
            CardSerializer(offers.offer_ahead(request.member, stage=stage), many=True).data
        )
