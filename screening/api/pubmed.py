"""Saved searches of PubMed as API clients see them."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from reviewtool.reviews.permissions import Permission
from screening.api.imports import SearchSerializer
from screening.models import SavedSearch
from screening.services import pubmed


class SavedSearchSerializer(serializers.ModelSerializer):
    """A query of PubMed that is run again; each of its runs is a search."""

    name = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    saved_by = serializers.CharField(source="saved_by.user.username", read_only=True)

    class Meta:
        model = SavedSearch
        fields = ["id", "name", "query", "saved_by", "saved_at"]
        read_only_fields = ["id", "saved_at"]


class RunSerializer(serializers.Serializer):
    """A run under way: the search that its records come in through, and the job that fetches."""

    search = serializers.IntegerField()
    job = serializers.IntegerField()


class SavedSearchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Saved searches of PubMed; POST saves one, without running it."""

    serializer_class = SavedSearchSerializer
    write_permission = Permission.IMPORT
    queryset = SavedSearch.objects.none()

    def get_queryset(self):
        saved = SavedSearch.objects.filter(review=self.request.member.review)
        return saved.select_related("saved_by__user")

    @extend_schema(request=SavedSearchSerializer, responses={201: SavedSearchSerializer})
    def create(self, request: Request, slug: str) -> Response:
        asked = SavedSearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        saved = pubmed.save_search(request.member, **asked.validated_data)
        return Response(SavedSearchSerializer(saved).data, status=201)

    @extend_schema(request=None, responses={202: RunSerializer})
    def run(self, request: Request, slug: str, pk: int) -> Response:
        """Run a saved search today; the records that are new come in when the job is done."""
        saved = get_object_or_404(self.get_queryset(), pk=pk)
        job = pubmed.run_search(saved, by=request.member)
        return Response({"search": job.params["search"], "job": job.pk}, status=202)

    @extend_schema(operation_id="saved_searches_runs", responses=SearchSerializer(many=True))
    def runs(self, request: Request, slug: str, pk: int) -> Response:
        """The searches that its runs were, the first one first."""
        saved = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(SearchSerializer(saved.runs.with_counts(), many=True).data)
