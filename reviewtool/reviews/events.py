"""Kinds of events: one frozen dataclass each, with its sentence for the activity page.

An upper floor defines its own kinds the same way and they register themselves here:

    @event_kind
    @dataclass(frozen=True)
    class SearchRegistered(Happening):
        kind = "search_registered"
        search: int
        source: str

        def sentence(self) -> str: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from reviewtool.reviews.ledger import append, register_table
from reviewtool.reviews.models import Event, Membership, Review

_kinds: dict[str, type["Happening"]] = {}


@dataclass(frozen=True)
class Happening:
    """The base of every kind. Fields are plain JSON values; `subject` points at a thing."""

    kind: ClassVar[str]
    #: True where the sentence would show one reviewer's unsettled work to another.
    is_personal: ClassVar[bool] = False

    def sentence(self) -> str:
        """Say what happened, as words that follow the actor's name ("registered a search")."""
        raise NotImplementedError

    def subject(self) -> str:
        """Return "model:pk" of what this is about, or an empty string."""
        return ""


def event_kind(cls: type[Happening]) -> type[Happening]:
    """Register a kind of event under its name."""
    if _kinds.setdefault(cls.kind, cls) is not cls:
        raise ValueError(f"Two kinds of event are called {cls.kind}.")
    return cls


def kinds() -> Mapping[str, type[Happening]]:
    return dict(_kinds)


def read(event: Event) -> Happening:
    """Return an event's payload as the dataclass of its kind."""
    cls = _kinds[event.kind]
    known = {field.name for field in fields(cls)}
    return cls(**{key: value for key, value in event.payload.items() if key in known})


def as_row(happening: Happening, *, key: str = "") -> Event:
    """Return an unsaved event; `ledger.append` enters it."""
    return Event(
        kind=happening.kind,
        subject=happening.subject(),
        payload=asdict(happening),
        idempotency_key=key,
    )


def record(review: Review, happening: Happening, *, by: Membership, key: str = "") -> Event:
    """Enter one event in the ledger."""
    row = as_row(happening, key=key)
    append(review, [row], by=by)
    return row


register_table(Event)
Sentence = Callable[[Any], str]


@event_kind
@dataclass(frozen=True)
class ReviewCreated(Happening):
    kind: ClassVar[str] = "review_created"
    title: str

    def sentence(self) -> str:
        return f"created the review “{self.title}”"


@event_kind
@dataclass(frozen=True)
class ProtocolChanged(Happening):
    kind: ClassVar[str] = "protocol_changed"
    version: int
    note: str = ""
    includes_settled: bool = False

    def sentence(self) -> str:
        reason = f": {self.note}" if self.note else ""
        return f"put protocol version {self.version} in force{reason}"


def _name(member: int) -> str:
    """Names are looked up when read: the ledger keeps none, so that people can be forgotten."""
    return str(Membership.objects.select_related("user").get(pk=member))


@event_kind
@dataclass(frozen=True)
class MemberInvited(Happening):
    kind: ClassVar[str] = "member_invited"
    invitation: int
    roles: list[str]

    def sentence(self) -> str:
        return f"made an invitation as {', '.join(self.roles)}"

    def subject(self) -> str:
        return f"invitation:{self.invitation}"


@event_kind
@dataclass(frozen=True)
class InvitationRevoked(Happening):
    kind: ClassVar[str] = "invitation_revoked"
    invitation: int
    roles: list[str]

    def sentence(self) -> str:
        return f"took back an invitation as {', '.join(self.roles)}"

    def subject(self) -> str:
        return f"invitation:{self.invitation}"


@event_kind
@dataclass(frozen=True)
class MemberJoined(Happening):
    kind: ClassVar[str] = "member_joined"
    member: int
    roles: list[str]

    def sentence(self) -> str:
        return f"joined as {', '.join(self.roles)}"

    def subject(self) -> str:
        return f"membership:{self.member}"


@event_kind
@dataclass(frozen=True)
class RolesChanged(Happening):
    kind: ClassVar[str] = "roles_changed"
    member: int
    before: list[str]
    after: list[str]

    def sentence(self) -> str:
        return (
            f"changed the roles of {_name(self.member)} "
            f"from {', '.join(self.before)} to {', '.join(self.after)}"
        )

    def subject(self) -> str:
        return f"membership:{self.member}"


@event_kind
@dataclass(frozen=True)
class MemberLeft(Happening):
    kind: ClassVar[str] = "member_left"
    member: int
    was_removed: bool = False

    def sentence(self) -> str:
        if self.was_removed:
            return f"removed {_name(self.member)} from the review"
        return "left the review"

    def subject(self) -> str:
        return f"membership:{self.member}"
