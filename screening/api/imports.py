"""Searches and their files as API clients see them."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from reviewtool.reviews.permissions import Permission
from screening.models import ImportedFile, Search
from screening.services import imports


class ImportedFileSerializer(serializers.ModelSerializer):
    """An export that was uploaded; `n_records` counts what of it is in the review."""

    n_records = serializers.IntegerField(read_only=True)
    uploaded_by = serializers.CharField(source="uploaded_by.user.username", read_only=True)

    class Meta:
        model = ImportedFile
        fields = [
            "id", "name", "size", "sha256", "format", "encoding", "description", "state",
            "n_records", "uploaded_by", "uploaded_at",
        ]  # fmt: skip


class SearchSerializer(serializers.ModelSerializer):
    """A search: one query in one source on one day."""

    n_records = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Search
        fields = [
            "id", "kind", "source", "platform", "query", "searched_on", "n_shown", "details",
            "note", "n_records", "created_at",
        ]  # fmt: skip
        read_only_fields = ["id", "created_at"]


class SearchDetailSerializer(SearchSerializer):
    """A search with its files."""

    files = serializers.SerializerMethodField()

    class Meta(SearchSerializer.Meta):
        fields = [*SearchSerializer.Meta.fields, "files"]

    @extend_schema(responses=ImportedFileSerializer(many=True))
    def get_files(self, search: Search) -> list[dict]:
        files = search.files.select_related("uploaded_by__user").with_counts()
        return list(ImportedFileSerializer(files, many=True).data)


class SearchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Searches of the review; POST registers one."""

    serializer_class = SearchSerializer
    write_permission = Permission.IMPORT
    queryset = Search.objects.none()

    def get_queryset(self):
        return Search.objects.filter(review=self.request.member.review).with_counts()

    def get_serializer_class(self):
        return SearchDetailSerializer if self.action == "retrieve" else SearchSerializer

    @extend_schema(request=SearchSerializer, responses={201: SearchSerializer})
    def create(self, request: Request, slug: str) -> Response:
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        search = imports.register_search(request.member, **asked.validated_data)
        return Response(SearchSerializer(search).data, status=201)
