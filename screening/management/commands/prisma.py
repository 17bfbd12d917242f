"""`prisma REVIEW`: the flow at any instant, as JSON, as CSV for the R package, or as SVG."""

import json
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError

from reviewtool.reviews.models import Review
from screening.prisma import diagram, tables
from screening.services.prisma import flow_of


class Command(BaseCommand):
    help = "Print the PRISMA 2020 flow of a review, now or at a past instant."

    def add_arguments(self, parser) -> None:
        parser.add_argument("review", help="slug of the review")
        parser.add_argument("--format", choices=["json", "csv", "svg"], default="json")
        parser.add_argument(
            "--as-of", type=moment, help="an instant with its zone, e.g. 2026-03-01T12:00:00+01:00"
        )

    def handle(self, *args, review: str, format: str, as_of: datetime | None, **options) -> None:
        try:
            found = Review.objects.get(slug=review)
        except Review.DoesNotExist:
            raise CommandError(f"There is no review called “{review}”.") from None
        flow = flow_of(found, as_of=as_of)
        if format == "csv":
            self.stdout.write(tables.to_r_csv(flow), ending="")
        elif format == "svg":
            self.stdout.write(diagram.to_svg(flow))
        else:
            self.stdout.write(json.dumps(tables.to_json(flow), indent=2, ensure_ascii=False))


def moment(text: str) -> datetime:
    """Read an instant; one without a zone is refused, since nobody could say which it meant."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise CommandError(
            f"“{text}” is not an instant. Write it like 2026-03-01T12:00:00+01:00."
        ) from None
    if found.tzinfo is None:
        raise CommandError(f"“{text}” has no time zone. Write it like {text}+00:00.")
    return found
