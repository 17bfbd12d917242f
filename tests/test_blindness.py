"""Blindness: what a reviewer gets is the same whatever a colleague's hidden votes are.

A colleague's undecided-on records are voted on, everything the reader can open is read; then the
hidden votes are turned round in the database, orders are learned anew, and everything is read
again. Not a byte may differ.
"""

import io
import re
import zipfile

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.guards import GuardLedger
from reviewtool.reviews.models import Stage
from screening.models import Decision, Record
from screening.services import audits, decisions, offers, ranking, screenings, stopping_state

MOMENT = "2026-03-02T12:00:00+00:00"
# What differs from one answer to the next for reasons of its own.
_OWN = (
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(rb'nonce="[^"]+"'),
    re.compile(rb'name="key" value="[^"]+"'),
    re.compile(rb'<td class="number">\d+\.\d\d</td>'),  # seconds a training took
)


_FORMATS = ("csv", "json", "svg", "text", "ris", "xlsx", "bibtex")


def _routes(resolver, prefix="", namespace=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern, route, inner)
        elif isinstance(pattern, URLPattern) and pattern.name and "<slug:slug>/" in route:
            yield f"{namespace}{pattern.name}", pattern


def _urls(review) -> list[str]:
    """Every address of the review, for each stage, each record and each file format."""
    records = list(Record.objects.filter(review=review).values_list("pk", flat=True))
    found = []
    for name, pattern in _routes(get_resolver()):
        wanted = set(pattern.pattern.converters) - {"slug"}
        for stage in Stage if "stage" in wanted else [None]:
            for pk in records[:4] if "pk" in wanted else [1]:
                for format in _FORMATS if "format" in wanted else [""]:
                    values = {
                        "pk": pk, "stage": stage, "format": format, "version": 1, "entity": "item",
                        "key": "i1", "first": records[0], "second": records[1], "file": 1,
                        "name": "site",
                    }  # fmt: skip
                    kwargs = {key: values[key] for key in wanted}
                    found.append(reverse(name, kwargs=kwargs | {"slug": review.slug}))
    slug = review.slug
    extra = [f"/reviews/{slug}/activity/?kind={kind}" for kind in ("decision", "event")]
    extra += [
        f"/reviews/{slug}/activity/?format=csv",
        f"/api/v1/reviews/{slug}/decisions/?current=true",
    ]
    extra += [f"/api/v1/reviews/{slug}/records/export/?as={format}" for format in _FORMATS]
    boxes = ("screened", "excluded", "sought", "pending:undecided", "pending:conflict")
    extra += [f"/reviews/{slug}/prisma/box/?box={box}" for box in boxes]
    return found + extra


def _everything(client, review) -> dict[str, tuple[int, bytes]]:
    answers = {}
    for url in _urls(review):
        answer = client.get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if body.startswith(b"PK"):
            body = _unpacked(body)
        for own in _OWN:
            body = own.sub(b"", body)
        answers[url] = (answer.status_code, body)
    return answers


def _unpacked(archive: bytes) -> bytes:
    """Return what an archive holds: when it was packed is no matter of screening."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return b"\n".join(opened.read(name) for name in sorted(opened.namelist()))


def _turn_round(hidden) -> None:
    """Turn the hidden verdicts round behind the guard's back, as no service can."""
    table = Decision._meta.db_table
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_is_append_only{on}")
        for pk, verdict, reason in hidden:
            new, why = ("include", "") if verdict == "exclude" else ("exclude", "TA2")
            cursor.execute(
                f"UPDATE {table} SET verdict = %s, reason = %s, note = %s WHERE id = %s",
                [new, why, f"turned from {reason}", pk],
            )


@pytest.fixture
def scene(lena, alice, bob, member, records):
    """Alice has voted on ten records that Bob has not; two more are settled; an audit runs, one look is taken."""
    with time_machine.travel(MOMENT, tick=False):
        made = records(14)
        run_waiting()
        for n, record in enumerate(made[:2]):
            for person in (alice, bob):
                verdict = "include" if n else "exclude"
                decisions.decide(record, by=person, stage=Stage.TITLE_ABSTRACT, verdict=verdict)
        audits.begin(lena, stage=Stage.TITLE_ABSTRACT)
        for n, record in enumerate(made[2:12]):
            verdict, reason = ("exclude", "TA1") if n % 2 else ("include", "")
            decisions.decide(
                record, by=alice, stage=Stage.TITLE_ABSTRACT, verdict=verdict, reason=reason,
                note=f"secret {n}",
            )  # fmt: skip
        offers.offer_ahead(bob, stage=Stage.TITLE_ABSTRACT)
        stopping_state.take_look(lena, stage=Stage.TITLE_ABSTRACT)
    return lena.review, alice, bob


def _train(review, by) -> None:
    ranking.request_training(review, by=by, stage=Stage.TITLE_ABSTRACT)
    run_waiting()


@pytest.mark.parametrize("who", ["bob", "lead who screens", "observer", "extractor"])
def test_nothing_a_reader_gets_depends_on_hidden_votes(who, scene, lena, member, client_of):
    review, alice, bob = scene
    with time_machine.travel(MOMENT, tick=False), transaction.atomic():
        reader = {
            "bob": lambda: bob,
            "lead who screens": lambda: member("lead", "reviewer", name="lara"),
            "observer": lambda: member("observer", name="olga"),
            "extractor": lambda: member("extractor", name="emil"),
        }[who]()
        client = client_of(reader)
        before = _read_after_training(client, review, lena)
        hidden = Decision.objects.filter(actor=alice).exclude(
            record__screenings__outcome__in=("included", "excluded")
        )
        hidden = list(hidden.values_list("pk", "verdict", "reason"))
        assert len(hidden) == 10
        _turn_round(hidden)
        screenings.refresh(review)
        after = _read_after_training(client, review, lena)
        differing = [url for url in before if _comparable(before[url]) != _comparable(after[url])]
        assert not differing, _first_difference(differing[0], before, after)
        assert not any(b"secret" in body for _, body in before.values())
        GuardLedger("Decision")  # the guard comes back with the transaction's end


def _read_after_training(client, review, lena) -> dict[str, tuple[int, bytes]]:
    """Read everything under freshly learned orders, then take the trainings back."""
    point = transaction.savepoint()
    _train(review, lena)
    answers = _everything(client, review)
    transaction.savepoint_rollback(point)
    return answers


def _comparable(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    """Numbers of trainings rise with each training, whatever was voted."""
    status, body = answer
    return status, re.sub(rb"jobs/\d+/", b"jobs/", body)


def _first_difference(url: str, before, after) -> str:
    a, b = (side[url][1].decode("utf-8", "replace").splitlines() for side in (before, after))
    lines = [f"- {x.strip()}\n+ {y.strip()}" for x, y in zip(a, b, strict=False) if x != y]
    return f"{url} differs:\n" + "\n".join(lines[:5])


def test_a_lead_who_does_not_screen_sees_what_is_to_be_settled(scene, lena, client_of):
    """The test above can fail: who will not decide sees the votes that are hidden from others."""
    review, alice, _ = scene
    answer = client_of(lena).get(reverse("decision-list", args=[review.slug]))
    seen = {
        row["note"] for row in answer.json()["results"] if row["reviewer"] == alice.user.username
    }
    assert "secret 0" in seen


def test_cards_follow_only_what_the_reviewer_may_see(scene):
    """The next cards are the same whichever way a colleague's hidden votes went."""
    review, alice, bob = scene
    with time_machine.travel(MOMENT, tick=False), transaction.atomic():
        _train(review, bob)
        first = offers.latest_run(bob, Stage.TITLE_ABSTRACT)
        hidden = Decision.objects.filter(actor=alice, note__startswith="secret")
        _turn_round(list(hidden.values_list("pk", "verdict", "reason")))
        screenings.refresh(review)
        _train(review, bob)
        second = offers.latest_run(bob, Stage.TITLE_ABSTRACT)
        assert second.pk != first.pk
        assert bytes(second.order) == bytes(first.order)
