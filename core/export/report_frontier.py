"""The report's section on epochs against privacy, for a run whose checkpoints were judged."""

from __future__ import annotations

from core.export.facts import Facts
from core.export.report_shapes import Listing, Part, Picture, listing, span, svg
from core.figures.frontier_static import epochs_picture, plane_picture
from core.figures.glossary import entry
from core.tape import Check, Decision, TapePoint, checkpoints_of

COLUMNS = (
    "utility_kept", "tstr_auc", "tstr_r2", "column_shapes", "pair_trends", "membership_auc", "dcr_share",
    "memorised_share", "singling_out_univariate",
)  # fmt: skip


def frontier(facts: Facts) -> Part | None:
    """Pictures and a table of the judged checkpoints, and what rules made of them; None without a tape."""
    points = checkpoints_of(facts.tape)
    if not points:
        return None
    anchors = {one.anchor: one for one in facts.tape if one.anchor}
    decision = facts.decision or Decision()
    pictures = [
        Picture(
            svg=svg(plane_picture(points, anchors, decision)),
            caption="A point is a checkpoint, its number the epoch; bars are 95 % intervals. Dotted lines: the same "
            "number for control rows and for copied train rows.",
        ),
        Picture(
            svg=svg(epochs_picture(points, anchors, decision)),
            caption="The same checkpoints over epochs, with 95 % bands; dashed lines are limits of rules.",
        ),
    ]
    return Part(
        id="frontier",
        title="Epochs against privacy",
        sentence=_sentence(facts, len(points), decision),
        charts=pictures,
        tables=[_points(facts, points, anchors, decision)],
    )


def _sentence(facts: Facts, n_points: int, decision: Decision) -> str:
    checkpoints = f"{n_points:,} checkpoints were" if n_points > 1 else "One checkpoint was"
    start = f"{checkpoints} judged, each by a probe sample drawn from it."
    if not decision.rules:
        return f"{start} No rule took part in choosing epoch {facts.epochs_trained:,}."
    rules = ", ".join(map(str, decision.rules))
    return (
        f"{start} Rules: {rules}, each kept by the unfavourable end of an interval of level {decision.level:.4g}, so "
        f"that all {decision.n_candidates} candidates hold together with 95 %. {decision.sentence}"
    )


def _points(facts: Facts, points: list[TapePoint], anchors: dict[str, TapePoint], decision: Decision) -> Listing:
    shown = [*points, *anchors.values()]
    metrics = [name for name in COLUMNS if any(one.find(name) for one in shown)]
    rows = [
        (_name(one, facts, decision), *(span(one.find(name)) for name in metrics), _outcome(one, decision))
        for one in shown
    ]
    head = ("Checkpoint", *(entry(name).label for name in metrics), "Rules")
    return listing("Judged checkpoints, with 95 % intervals", head, rows)


def _name(point: TapePoint, facts: Facts, decision: Decision) -> str:
    if point.anchor:
        return point.anchor[:1].upper() + point.anchor[1:]
    notes = ["these rows"] if point.epoch == facts.epochs_trained else []
    notes += ["chosen by the rules"] if decision.rules and point.epoch == decision.epoch else []
    return f"Epoch {point.epoch:,}" + (f" ({', '.join(notes)})" if notes else "")


def _outcome(point: TapePoint, decision: Decision) -> str:
    checks: list[Check] = [one for one in decision.checks if (one.run_id, one.epoch) == (point.run_id, point.epoch)]
    if point.anchor or not checks:
        return "–"
    if len({one.outcome for one in checks}) == 1:
        return str(checks[0].outcome)
    return "; ".join(f"{entry(one.rule.metric).label}: {one.outcome}" for one in checks)
