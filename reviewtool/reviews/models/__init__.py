from reviewtool.reviews.models.invitations import Invitation
from reviewtool.reviews.models.ledger import Event, LedgerHead, LedgerRow
from reviewtool.reviews.models.members import Membership
from reviewtool.reviews.models.protocols import Protocol, Stage
from reviewtool.reviews.models.reviews import Review
from reviewtool.reviews.models.tokens import Token
from reviewtool.reviews.models.users import User

__all__ = [
    "Event",
    "Invitation",
    "LedgerHead",
    "LedgerRow",
    "Membership",
    "Protocol",
    "Review",
    "Stage",
    "Token",
    "User",
]
