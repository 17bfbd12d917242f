"""Studies and their reports, read only."""

from rest_framework import serializers, viewsets

from screening.models import Report, Study


class ReportSerializer(serializers.ModelSerializer):
    """A report of a study, with the record it was found by."""

    title = serializers.CharField(source="record.title")
    authors = serializers.ListField(source="record.authors", child=serializers.CharField())
    year = serializers.IntegerField(source="record.year", allow_null=True)
    doi = serializers.CharField(source="record.doi")
    pmid = serializers.CharField(source="record.pmid")

    class Meta:
        model = Report
        fields = ["id", "record", "title", "authors", "year", "doi", "pmid", "retrieval"]


class StudySerializer(serializers.ModelSerializer):
    """A study and its reports."""

    reports = ReportSerializer(many=True)

    class Meta:
        model = Study
        fields = ["id", "label", "reports"]


class StudyViewSet(viewsets.ReadOnlyModelViewSet):
    """Studies of the review."""

    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self):
        standing = Study.objects.filter(review=self.request.member.review).standing()
        return standing.prefetch_related("reports__record")
