"""Who may enter what: every page and API route, for a stranger, an outsider and every role.

The table names the permission of every route; a route that is not in it fails the test, so
nothing is opened by forgetting it.
"""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from reviewtool.jobs.models import Job
from reviewtool.reviews.models import Stage
from reviewtool.reviews.permissions import GRANTS, Permission, Role
from screening.models import Record

P = Permission
#: Routes below /reviews/<slug>/ that every member may open.
READ = {
    "overview", "activity", "jobs:job", "reviews:protocol", "reviews:protocol_version",
    "reviews:team", "reviews:leave", "reviews:compare_protocols",
    "screening:searches", "screening:search_log", "screening:search", "screening:file", "screening:file_original",
    "screening:file_rejects", "screening:duplicates", "screening:duplicates_joined",
    "screening:duplicates_apart", "screening:duplicates_history", "screening:pair",
    "screening:records", "screening:record", "screening:comment",
    "screening:fulltexts", "screening:report", "screening:report_file",
    "screening:studies", "screening:study", "screening:prisma", "screening:prisma_box",
    "screening:stopping", "screening:agreement",
    "extraction:evidence", "extraction:table", "extraction:therapies",
    "extraction:comparability", "extraction:codebooks", "extraction:codebook",
}  # fmt: skip
NEEDED: dict[str, tuple[Permission, ...]] = dict.fromkeys(READ, (P.READ,)) | {
    "reviews:edit_protocol": (P.CHANGE_PROTOCOL,),
    "reviews:delete": (P.DELETE_REVIEW,),
    "jobs:cancel": (P.IMPORT,),
    "jobs:retry": (P.IMPORT,),
    "screening:records_export": (P.EXPORT,),
    "screening:prisma_download": (P.EXPORT,),
    "screening:search_log_download": (P.EXPORT,),
    "extraction:export": (P.EXPORT,),
    "screening:screen": (P.SCREEN,),
    "screening:cards": (P.SCREEN,),
    "screening:decide": (P.SCREEN,),
    "screening:later": (P.SCREEN,),
    "screening:retract": (P.SCREEN,),
    "screening:conflicts": (P.ADJUDICATE,),
    "screening:conflict": (P.ADJUDICATE,),
    "screening:settle": (P.ADJUDICATE,),
    "screening:reopen": (P.REOPEN,),
    "screening:upload_many": (P.RETRIEVE,),
    "screening:retrieval": (P.RETRIEVE,),
    "screening:upload_report": (P.RETRIEVE,),
    "screening:stop": (P.STOP,),
    "screening:resume": (P.STOP,),
    "screening:begin_audit": (P.STOP,),
    "screening:end_audit": (P.STOP,),
    "screening:take_look": (P.STOP,),
    "screening:ranking": (P.SEE_RANKING,),
    "screening:train": (P.SEE_RANKING,),
    "screening:pilots": (P.CHANGE_PROTOCOL,),
    "screening:pilot_open": (P.CHANGE_PROTOCOL,),
    "screening:pilot_close": (P.CHANGE_PROTOCOL,),
    "screening:ranking_replay": (P.SEE_RANKING,),
    "screening:second_look": (P.SEE_RANKING,),
    "screening:why": (P.SCREEN, P.SEE_RANKING),
    "extraction:publish": (P.CHANGE_CODEBOOK,),
    "extraction:reconcile": (P.RECONCILE,),
    **dict.fromkeys(
        ("create_study", "rename_study", "link_report", "unlink_report", "merge_study"), ()
    ),
}
NEEDED = {name: needed for name, needed in NEEDED.items() if needed}
NEEDED |= {
    f"screening:{name}": (P.MANAGE_STUDIES,)
    for name in ("create_study", "rename_study", "link_report", "unlink_report", "merge_study")
}
NEEDED |= {
    f"screening:{name}": (P.IMPORT,)
    for name in (
        "search_new", "search_log_edit", "search_correct", "upload", "record_add", "file_reading", "file_mapping",
        "file_commit", "file_discard", "file_undo", "file_decisions", "record_correct",
        "file_saved_mapping", "file_read_again", "pubmed", "pubmed_run", "mapping_forget",
    )
}  # fmt: skip
NEEDED |= {
    f"screening:{name}": (P.REMOVE_RECORDS,)
    for name in ("remove_empty", "record_remove", "record_restore")
}
NEEDED |= {
    f"screening:{name}": (P.JUDGE_DUPLICATES,)
    for name in (
        "judge_pair", "join_records", "answer_all", "one_reason", "undo_last_judgement", "undo_judgement",
        "look_for_duplicates",
    )
}  # fmt: skip
NEEDED |= {
    f"extraction:{name}": (P.EXTRACT, P.RECONCILE)
    for name in ("extract", "start", "form", "entity", "save", "check", "submit")
}
NEEDED |= {
    f"reviews:{name}": (P.MANAGE_TEAM,)
    for name in ("invite", "revoke_invitation", "roles", "remove_member")
}
API_WRITES = {
    "decision-list": P.SCREEN,
    "decision-detail": P.SCREEN,
    "card-list": P.SCREEN,
    "api-searches": P.IMPORT,
    "api-saved-searches": P.IMPORT,
    "api-saved-search-runs": P.IMPORT,
    "api-duplicates": P.JUDGE_DUPLICATES,
}
VALUES = {
    "pk": 1, "stage": Stage.TITLE_ABSTRACT, "version": 1, "entity": "item", "key": "i1",
    "first": 1, "second": 2, "file": 1, "format": "csv", "name": "site",
}  # fmt: skip


def _routes(resolver, prefix="", namespace=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern, route, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}", route, pattern


def _of_review(api: bool):
    found = []
    for name, route, pattern in _routes(get_resolver()):
        in_review = "<slug:slug>/" in route
        if in_review and route.startswith("api/") == api:
            found.append((name, pattern))
    return found


PAGES = _of_review(api=False)
API = _of_review(api=True)


def _url(name: str, pattern, slug: str) -> str:
    wanted = pattern.pattern.converters
    kwargs = {key: VALUES[key] for key in wanted if key != "slug"}
    return reverse(name, kwargs=kwargs | {"slug": slug})


def _statuses(client, url: str) -> list[int]:
    """What GET and POST answer, without the answer that only says "not this method"."""
    statuses = [client.get(url).status_code, client.post(url).status_code]
    return [status for status in statuses if status != 405]


def _is_login(response) -> bool:
    return response.status_code == 302 and "/login/" in response["Location"]


@pytest.fixture
def everybody(lena, alice, ada, eve, otto):
    return {
        Role.LEAD: lena,
        Role.REVIEWER: alice,
        Role.ADJUDICATOR: ada,
        Role.EXTRACTOR: eve,
        Role.OBSERVER: otto,
    }


def test_the_table_names_every_page_of_a_review():
    missing = {name for name, _ in PAGES} - set(NEEDED)
    unknown = set(NEEDED) - {name for name, _ in PAGES}
    assert not missing, f"Say in tests/test_access.py who may open {sorted(missing)}."
    assert not unknown, f"These routes are gone: {sorted(unknown)}."


def test_a_stranger_is_sent_to_the_login_page(review, client):
    for name, pattern in PAGES:
        url = _url(name, pattern, review.slug)
        answers = [client.get(url), client.post(url)]
        assert all(_is_login(a) or a.status_code == 405 for a in answers), name
        assert any(_is_login(a) for a in answers), name


def test_an_outsider_learns_nothing(review, outsider, client_of):
    browser = client_of(outsider)
    for name, pattern in PAGES:
        statuses = _statuses(browser, _url(name, pattern, review.slug))
        assert set(statuses) == {404}, name


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_each_role_enters_what_its_permissions_open(name, everybody, review, records, client_of):
    records(2)
    pattern = dict(PAGES)[name]
    url = _url(name, pattern, review.slug)
    if name.startswith("jobs:"):  # who may depends on the job
        job = Job.objects.filter(review=review).exclude(requested_by=everybody[Role.REVIEWER])[0]
        url = reverse(name, args=[review.slug, job.pk])
    for role, member in everybody.items():
        if name in ("reviews:leave", "reviews:delete") and role == Role.LEAD:
            continue
        may = any(permission in GRANTS[role] for permission in NEEDED[name])
        statuses = _statuses(client_of(member), url)
        if may:
            assert 403 not in statuses, f"{role} should be allowed: {statuses}"
            assert all(status < 500 for status in statuses)
        else:
            assert set(statuses) == {403}, f"{role} should be refused: {statuses}"


def test_the_api_is_closed_to_strangers_and_outsiders(
    review, outsider, stranger, client, client_of
):
    for name, pattern in API:
        url = _url(name, pattern, review.slug)
        assert client.get(url).status_code in (401, 403), name
        assert client_of(outsider).get(url).status_code in (404, 405), name
        assert client_of(stranger).get(url).status_code in (404, 405), name


@pytest.mark.parametrize(("name", "pattern"), API, ids=[name for name, _ in API])
def test_the_api_opens_as_roles_say(name, pattern, everybody, review, records, client_of):
    records(2)
    url = _url(name, pattern, review.slug)
    for role, member in everybody.items():
        got = client_of(member).get(url).status_code
        if name == "card-list" and P.SCREEN not in GRANTS[role]:
            assert got == 403
        else:
            assert got in (200, 404)
        posted = client_of(member).post(url, {}, content_type="application/json").status_code
        writes = API_WRITES.get(name)
        if writes is None:
            assert posted in (403, 405)
        elif writes not in GRANTS[role]:
            assert posted == 403


@pytest.mark.parametrize(
    ("name", "pattern"), [row for row in PAGES + API if "pk" in row[1].pattern.converters]
)
def test_a_parallel_review_does_not_reach_our_rows(
    name, pattern, review, records, outsider, client_of
):
    """The lead of another review asks their own review's address for our row."""
    ours = records(1)[0]
    VALUES_OURS = {**VALUES, "pk": ours.pk}
    wanted = pattern.pattern.converters
    kwargs = {key: VALUES_OURS[key] for key in wanted if key != "slug"}
    url = reverse(name, kwargs=kwargs | {"slug": outsider.review.slug})
    for status in _statuses(client_of(outsider), url):
        assert status in (302, 403, 404), status
    record = Record.objects.get(pk=ours.pk)
    assert record.is_visible
    assert record.removed_seq is None


def test_a_token_that_may_only_read_does_not_write(alice, records, client):
    from reviewtool.reviews.services.tokens import make_token

    record = records(1)[0]
    url = reverse("decision-list", args=[alice.review.slug])
    body = {"record": record.pk, "stage": "title_abstract", "verdict": "include"}
    for scope, status in (("read", 403), ("write", 201)):
        _, secret = make_token(alice.user, name="script", scope=scope)
        answer = client.post(
            url,
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == status, answer.content
