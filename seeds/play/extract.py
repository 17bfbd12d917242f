"""The codebook is published, two people extract every study, the lead makes the consensus."""

import copy
import json
import random
from collections.abc import Iterator, Mapping

from extraction.models import Extraction
from extraction.services import codebooks, extractions
from reviewtool.reviews.models import Membership
from screening.models import Study
from seeds.extramedullary_all.evidence import PlannedStudy, answers_for
from seeds.extramedullary_all.latent import FOLDER
from seeds.extramedullary_all.render import SEED
from seeds.play.fulltext import reports_by_key
from seeds.play.scene import Scene

#: How often the second extractor judges the confidence of a piece of evidence otherwise.
DISSENT = 0.2
CONFIDENCE = ("high", "medium", "low")


def publish_codebook(scene: Scene) -> None:
    """Publish the codebook with its vocabularies."""
    scene.clock.wait(hours=18)
    with scene.clock.shown():
        codebooks.publish(
            scene["lena"],
            definition=_read("codebook"),
            vocabularies=_read("vocabularies")["vocabularies"],
        )


def extract_all(scene: Scene) -> None:
    """Let both extractors submit every study, then the lead the consensus."""
    keys = {key: str(report.pk) for key, report in reports_by_key(scene).items()}
    planned = [(one, _study(scene, one)) for one in scene.plan.studies]
    for name in ("rosa", "ravi"):
        scene.clock.wait(hours=20)
        for one, study in planned:
            answers = answers_for(one, keys)
            read = answers if name == "rosa" else _read_otherwise(answers, one.key)
            _extract(scene, scene[name], study, read)
        scene.tell(f"{len(planned)} studies extracted by {name}.")
    scene.clock.wait(hours=20)
    for one, study in planned:
        _settle(scene, study, answers_for(one, keys))
    scene.tell(f"Consensus made for {len(planned)} studies.")


def _read(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _study(scene: Scene, planned: PlannedStudy) -> Study:
    main = reports_by_key(scene)[planned.reports[0]]
    return Study.objects.filter(review=scene.review).standing().get(reports=main)


def _extract(scene: Scene, member: Membership, study: Study, answers: dict) -> None:
    scene.clock.wait(minutes=35)
    with scene.clock.shown():
        _submit(extractions.start(study, by=member), member, answers)


def _settle(scene: Scene, study: Study, answers: dict) -> None:
    scene.clock.wait(minutes=12)
    with scene.clock.shown():
        _submit(extractions.start_consensus(study, by=scene["lena"]), scene["lena"], answers)


def _submit(extraction: Extraction, member: Membership, answers: dict) -> None:
    """Save the draft and submit it, standing by what the form only warns about."""
    extractions.save_draft(
        extraction, by=member, answers=answers, draft_version=extraction.draft_version
    )
    findings = extractions.check(extraction)
    warnings = {extractions.finding_key(one) for one in findings if not one.is_error}
    extractions.submit(extraction, by=member, acknowledged=warnings)


def _read_otherwise(answers: dict, key: str) -> dict:
    """The second extractor reads the same but is now and then more or less confident."""
    rng = random.Random(f"{SEED} second extractor {key}")
    read = copy.deepcopy(answers)
    for item in _items(read):
        said = item["answers"].get("confidence")
        if said is not None and rng.random() < DISSENT:
            others = [one for one in CONFIDENCE if one != said]
            item["answers"]["confidence"] = rng.choice(others)
    return read


def _items(answers: Mapping) -> Iterator[dict]:
    yield from answers["entities"]["item"]
