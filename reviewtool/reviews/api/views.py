"""Reviews, members and protocols for API clients, read only."""

from rest_framework import generics, serializers

from reviewtool.reviews.models import Membership, Protocol, Review


class ReviewSerializer(serializers.ModelSerializer):
    """A review and the caller's roles in it."""

    roles = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ["id", "slug", "title", "banner", "created_at", "roles"]

    def get_roles(self, review: Review) -> list[str]:
        user = self.context["request"].user
        member = review.memberships.active().filter(user=user).first()
        return member.roles if member else []


class ReviewListView(generics.ListAPIView):
    """The caller's reviews."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()

    def get_queryset(self):
        return Review.objects.of(self.request.user)


class ReviewView(generics.RetrieveAPIView):
    """One review."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()

    def get_object(self) -> Review:
        return self.request.member.review


class MemberSerializer(serializers.ModelSerializer):
    """A member of the team."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ["id", "username", "name", "roles", "joined_at", "left_at"]


class MembersView(generics.ListAPIView):
    """The team of the review."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self):
        return self.request.member.review.memberships.select_related("user")


class ProtocolSerializer(serializers.ModelSerializer):
    """One version of the protocol."""

    class Meta:
        model = Protocol
        exclude = ["review"]


class ProtocolsView(generics.ListAPIView):
    """Every version of the protocol."""

    serializer_class = ProtocolSerializer
    queryset = Protocol.objects.none()

    def get_queryset(self):
        return self.request.member.review.protocols.all()
