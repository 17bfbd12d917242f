"""`check_ledger [REVIEW]`: rebuild every projection from the ledger and compare."""

from django.core.management.base import BaseCommand, CommandError

from reviewtool.reviews import ledger, projections
from reviewtool.reviews.models import LedgerHead, Review


class Command(BaseCommand):
    help = "Rebuild every projection from the ledger and compare; exit 1 on any difference."

    def add_arguments(self, parser) -> None:
        parser.add_argument("review", nargs="?", help="slug of one review (default: all)")

    def handle(self, *args, review: str | None, **options) -> None:
        reviews = Review.objects.filter(slug=review) if review else Review.objects.all()
        if review and not reviews:
            raise CommandError(f"There is no review called “{review}”.")
        found = [f"{r.slug}: {line}" for r in reviews for line in differences(r)]
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} differences from the ledger.", returncode=1)
        self.stdout.write(f"{len(reviews)} review(s): every projection follows from the ledger.")


def differences(review: Review) -> list[str]:
    return [*_gaps(review), *projections.differences(review)]


def _gaps(review: Review) -> list[str]:
    """The entries of all tables together are numbered 1 to n without a gap."""
    seqs = sorted(
        seq
        for table in ledger.tables()
        for seq in table._default_manager.filter(review=review).values_list("seq", flat=True)
    )
    head = LedgerHead.objects.get(review=review).seq
    if seqs != list(range(1, head + 1)):
        return [f"the ledger has {len(seqs)} entries, its head says {head}"]
    return []
