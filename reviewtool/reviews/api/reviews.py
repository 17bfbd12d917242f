"""Reviews, their members and protocols, and oneself, as API clients see them."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reviewtool.reviews.models import Membership, Protocol, Review, Token, User
from reviewtool.reviews.services.protocols import FIELDS


class ReviewSerializer(serializers.ModelSerializer):
    """A review, and the roles you hold in it."""

    roles = serializers.SerializerMethodField()
    protocol_version = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ["slug", "title", "banner", "roles", "protocol_version", "created_at"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_roles(self, review: Review) -> list[str]:
        user = self.context["request"].user
        return next((m.roles for m in review.memberships.all() if m.user_id == user.pk), [])

    @extend_schema_field(serializers.IntegerField())
    def get_protocol_version(self, review: Review) -> int:
        return max(protocol.version for protocol in review.protocols.all())


class ReviewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The reviews you are a member of."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    lookup_field = "slug"

    def get_queryset(self):
        mine = Review.objects.of(self.request.user)
        return mine.prefetch_related("memberships", "protocols").distinct()


class MemberSerializer(serializers.ModelSerializer):
    """A member of the review; `left_at` is set for one who has left."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ["id", "username", "name", "roles", "joined_at", "left_at"]


class MemberViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Everybody who is or was a member: decisions of who left stay under their name."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self):
        return self.request.member.review.memberships.select_related("user")


class ProtocolSerializer(serializers.ModelSerializer):
    """One version of the protocol."""

    recall_target = serializers.DecimalField(max_digits=4, decimal_places=3)

    class Meta:
        model = Protocol
        fields = ["version", *FIELDS, "note", "created_at"]


class ProtocolViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Every version of the protocol; the last one is in force."""

    serializer_class = ProtocolSerializer
    queryset = Protocol.objects.none()
    lookup_field = "version"

    def get_queryset(self):
        return self.request.member.review.protocols.all()


class MeSerializer(serializers.Serializer):
    """Whose token this is, and what it may do."""

    username = serializers.CharField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=Token.Scope.choices)
    reviews = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class MeView(APIView):
    """Yourself: for trying out a token."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(_me(request)).data)


def _me(request: Request) -> dict[str, Any]:
    user = cast(User, request.user)
    active = user.memberships.active().select_related("review")
    return {
        "username": user.username,
        "name": user.name,
        "scope": request.auth.scope if isinstance(request.auth, Token) else Token.Scope.WRITE,
        "reviews": {member.review.slug: member.roles for member in active},
    }
