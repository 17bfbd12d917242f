"""Full texts are sought and attached; what is included is grouped into studies."""

import io

from screening.models import Report
from screening.services import reports, studies
from seeds.extramedullary_all.fulltext import file_name, pdf
from seeds.extramedullary_all.plan import PlannedReport
from seeds.play.scene import Interrupted, Scene

NOT_RETRIEVED = "Not held by the library; the authors did not answer two letters (simulated)."


def retrieve(scene: Scene) -> None:
    """Attach the full text of every report that can be had, and say which cannot."""
    found = reports_by_key(scene)
    scene.clock.wait(days=2)
    for one in scene.plan.reports:
        if one.is_sought:
            scene.clock.wait(minutes=7)
            _retrieve(scene, one, found[one.key])
    scene.work()
    n_retrieved = sum(one.is_assessed for one in scene.plan.reports)
    scene.tell(f"{len(found)} full texts sought, {n_retrieved} retrieved.")


def group_studies(scene: Scene) -> None:
    """Group the included reports into studies, each study's main report first."""
    found = reports_by_key(scene)
    for planned in scene.plan.studies:
        scene.clock.wait(minutes=6)
        with scene.clock.shown():
            studies.create_study(
                scene["lena"],
                label=planned.label,
                reports=[found[key] for key in planned.reports],
            )
    scene.tell(f"{len(scene.plan.studies)} studies grouped.")


def reports_by_key(scene: Scene) -> dict[str, Report]:
    """Return the report of every planned report that was sought."""
    canonical = scene.canonical_of()
    sought = [one.key for one in scene.plan.reports if one.is_sought]
    return {key: _report(canonical[key].pk, key) for key in sought}


def _report(canonical: int, key: str) -> Report:
    report = reports.report_of(canonical)
    if report is None:
        raise Interrupted(f"The report {key} should have been included at title and abstract.")
    return report


def _retrieve(scene: Scene, planned: PlannedReport, report: Report) -> None:
    with scene.clock.shown():
        if planned.is_assessed:
            stream = io.BytesIO(pdf(planned.key))
            name = file_name(planned.key)
            reports.attach_file(report, by=scene["rosa"], name=name, stream=stream)
        else:
            state = Report.Retrieval.NOT_RETRIEVED
            reports.set_retrieval(report, by=scene["rosa"], state=state, note=NOT_RETRIEVED)
