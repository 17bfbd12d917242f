"""Who may what: the one table of roles and permissions (docs/leads.md explains it to users)."""

from enum import StrEnum

from django.core.exceptions import PermissionDenied


class Role(StrEnum):
    OBSERVER = "observer"
    REVIEWER = "reviewer"
    EXTRACTOR = "extractor"
    ADJUDICATOR = "adjudicator"
    LEAD = "lead"


class Permission(StrEnum):
    """What a member may do, said so that it completes "Your roles do not allow you to ..."."""

    READ = "read this review"
    SCREEN = "screen records"
    RETRIEVE = "retrieve full texts"
    EXTRACT = "extract evidence"
    ADJUDICATE = "settle conflicts"
    RECONCILE = "make the consensus of extractions"
    CHANGE_PROTOCOL = "change the protocol"
    IMPORT = "register searches and import records"
    JUDGE_DUPLICATES = "judge duplicates"
    REMOVE_RECORDS = "remove records before screening"
    STOP = "decide to stop or resume screening"
    MANAGE_TEAM = "manage the team"
    EXPORT = "export"
    REOPEN = "reopen what is settled"
    MANAGE_STUDIES = "group reports into studies"
    CHANGE_CODEBOOK = "publish a codebook"
    SEE_RANKING = "see what the model has learned"
    DELETE_REVIEW = "delete the review"


_READ = {Permission.READ, Permission.EXPORT}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OBSERVER: frozenset(_READ),
    Role.REVIEWER: frozenset(_READ | {Permission.SCREEN}),
    Role.EXTRACTOR: frozenset(_READ | {Permission.RETRIEVE, Permission.EXTRACT}),
    Role.ADJUDICATOR: frozenset(_READ | {Permission.ADJUDICATE, Permission.RECONCILE}),
    # A lead screens or extracts only when also a reviewer or an extractor.
    Role.LEAD: frozenset(set(Permission) - {Permission.SCREEN, Permission.EXTRACT}),
}


def granted(roles: list[str]) -> frozenset[Permission]:
    """Return everything a set of roles allows together."""
    return frozenset().union(*(GRANTS[Role(role)] for role in roles))


def require(member, permission: Permission) -> None:
    """Raise PermissionDenied with a sentence unless the member's roles allow it."""
    if not member.is_active:
        raise PermissionDenied("You are no longer a member of this review.")
    if permission not in member.permissions:
        raise PermissionDenied(f"Your roles do not allow you to {permission.value}.")
