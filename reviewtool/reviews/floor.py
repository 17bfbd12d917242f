"""This floor's places on the rail; Overview and Activity belong to the floor above all."""

from reviewtool.reviews.places import Place, register


def announce() -> None:
    register(
        Place("Overview", "overview", "", 1),
        Place("Protocol", "reviews:protocol", "", 2),
        Place("Team", "reviews:team", "Report", 3),
        Place("Activity", "activity", "Report", 4),
    )
