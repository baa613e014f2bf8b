"""Sections of the report: which numbers, pictures and tables stand where."""

from __future__ import annotations

from core.export.facts import Facts
from core.export.report_frontier import frontier
from core.export.report_shapes import Listing, Part, Picture, Tile, cell, gaps, interval, listing, share, svg, tile
from core.export.report_story import audit, cards, making, sign_off
from core.figures.columns import describe_column, shape_difference
from core.figures.glossary import entry
from core.figures.static import column_picture, correlation_picture, distance_picture
from core.records import ColumnPicture, MetricResult, Scope, Status

MAX_PICTURES = 60
"""Columns that are drawn, worst first; all of them are in the table."""

MAX_MOVED_PAIRS = 25
MAX_OPEN_ROWS = 30
"""Rows of a table that stand open; of more, the table is folded."""

GALLERY_INCHES = (4.4, 2.7)
COLUMN_METRICS = (
    "column_shapes", "missing_share", "wasserstein_scaled", "jensen_shannon", "level_coverage", "range_coverage",
    "known_levels", "tail_share", "detection_by_column",
)  # fmt: skip
_PRIVACY = (
    "dcr", "nndr", "memorised", "exact_copies", "singling_out", "linkability", "inference", "membership",
    "identifiability", "attribute_disclosure", "disclosure", "canary", "epsilon",
)  # fmt: skip
_UTILITY = ("tstr", "trtr", "trts", "utility", "augmented", "importance", "rank_", "stress", "equal_opp", "demographic")


def part_of(metric: str) -> str:
    """Whether a metric speaks of fidelity, utility or privacy.

    >>> part_of("tstr_auc"), part_of("nndr_p05_train"), part_of("column_shapes")
    ('utility', 'privacy', 'fidelity')
    """
    if metric.startswith(_PRIVACY):
        return "privacy"
    return "utility" if metric.startswith(_UTILITY) else "fidelity"


def tiles_of(facts: Facts, part: str) -> list[Tile]:
    """Metrics of the whole table that belong to a part."""
    found = [one for one in facts.report.results if one.scope is Scope.TABLE and part_of(one.metric) == part]
    return [tile(one) for one in found if not one.subject]


def parts(facts: Facts) -> list[Part]:
    """All sections that have something to show."""
    found = [_fidelity(facts), _utility(facts), _privacy(facts), _levels(facts), frontier(facts)]
    found += [making(facts), cards(facts), sign_off(facts), audit(facts)]
    return [one for one in found if one is not None]


def _fidelity(facts: Facts) -> Part | None:
    tiles, report = tiles_of(facts, "fidelity"), facts.report
    if not tiles and not report.columns:
        return None
    ranked = sorted(report.columns, key=shape_difference, reverse=True)
    drawn = [one for one in ranked if one.real][:MAX_PICTURES]
    title = f"Columns, least alike first ({len(drawn)} of {len(report.columns)})"
    charts = [
        Picture(svg=svg(correlation_picture(one)), caption=f"{one.kind}; one colour scale from -1 to 1.")
        for one in report.correlations
    ]
    return Part(
        id="fidelity",
        title="Fidelity",
        sentence="How close the synthetic rows are to the real ones: columns, pairs of columns, and whole rows.",
        tiles=[one for one in tiles if one.value is not None],
        gaps=gaps(tiles),
        gallery=[
            Picture(svg=svg(column_picture(one, size=GALLERY_INCHES)), caption=_caption(one, facts)) for one in drawn
        ],
        gallery_title=title,
        charts=charts,
        tables=[*_column_table(facts), *_pair_table(facts)],
    )


def _caption(picture: ColumnPicture, facts: Facts) -> str:
    return "" if facts.outside else describe_column(picture)


def _column_table(facts: Facts) -> list[Listing]:
    found = _of(facts, Scope.COLUMN)
    there = {one.metric for one in found if one.status is Status.MEASURED}
    metrics = [metric for metric in COLUMN_METRICS if metric in there]
    if not metrics:
        return []
    values = {(one.subject[0], one.metric): one for one in found if len(one.subject) == 1}
    names = list(dict.fromkeys(one.subject[0] for one in found))
    rows = [(name, *(cell(values.get((name, metric))) for metric in metrics)) for name in names]
    head = ("Column", *(entry(metric).label for metric in metrics))
    return [listing("Every column", head, rows, long=len(rows) > MAX_OPEN_ROWS)]


def _pair_table(facts: Facts) -> list[Listing]:
    pairs = [one for one in _of(facts, Scope.PAIR) if one.metric == "pair_trends" and one.status is Status.MEASURED]
    pairs.sort(key=lambda one: one.value)
    rows = [(*one.subject[:2], f"{one.value:.3f}", interval(one)) for one in pairs[:MAX_MOVED_PAIRS]]
    head = ("Column", "Other column", "Pair trend (1 is alike)", "95 % interval")
    return [listing("Pairs that moved most", head, rows, text=2)] if rows else []


def _utility(facts: Facts) -> Part | None:
    tiles, tables = tiles_of(facts, "utility"), _models(facts, "utility", "Model by model", "Model")
    if not tiles and not tables:
        return None
    return Part(
        id="utility",
        title="Utility",
        sentence=f"What models learn from synthetic rows about {facts.target or 'the target'}, tested on control rows.",
        tiles=[one for one in tiles if one.value is not None],
        gaps=gaps(tiles),
        tables=tables,
    )


def _models(facts: Facts, part: str, title: str, what: str) -> list[Listing]:
    """Results of single models or attacks."""
    found = [one for one in _of(facts, Scope.MODEL) if part_of(one.metric) == part and one.status is Status.MEASURED]
    rows = [(" · ".join(one.subject), entry(one.metric).label, cell(one), interval(one)) for one in found]
    return [listing(title, (what, "Metric", "Value", "95 % interval"), rows, text=2)] if rows else []


def _privacy(facts: Facts) -> Part | None:
    tiles = tiles_of(facts, "privacy")
    if not tiles:
        return None
    attacked = [one for one in facts.report.results if {"attack", "control"} <= set(one.anchors)]
    rows = [
        (
            entry(one.metric).label + (f": {' · '.join(one.subject)}" if one.subject else ""),
            *(share(one.anchors.get(name)) for name in ("attack", "control", "baseline")),
            share(one.value),
            interval(one, percent=True),
        )
        for one in attacked
        if not (facts.outside and one.scope is not Scope.TABLE)
    ]
    head = ("Attack", "On train rows", "On control rows", "Blind guessing", "Residual risk", "95 % interval")
    curves = [] if facts.outside else facts.report.curves
    return Part(
        id="privacy",
        title="Privacy",
        sentence="What the rows give away: distances and attacks, each against control rows that nobody trained on. "
        "Residual risk is (attack - control) / (1 - control); lower is better."
        + (f" {facts.warm}" if facts.warm else ""),
        tiles=[one for one in tiles if one.value is not None],
        gaps=gaps(tiles),
        charts=[Picture(svg=svg(distance_picture(one)), caption=one.label, broad=False) for one in curves],
        tables=[
            *([listing("Attack rates", head, rows)] if rows else []),
            *_models(facts, "privacy", "Attack by attack", "Attack"),
        ],
    )


def _levels(facts: Facts) -> Part | None:
    found = [] if facts.outside else _of(facts, Scope.LEVEL)
    rows = [
        (" = ".join(one.subject), entry(one.metric).label, one.explanation, cell(one), interval(one))
        for one in found
        if one.status is Status.MEASURED
    ]
    if not rows:
        return None
    head = ("Level", "Metric", "Meaning", "Value", "95 % interval")
    return Part(
        id="levels",
        title="Single levels",
        sentence="Numbers about the rows of one level: requested rows, levels of the target, and rows that stand out.",
        tables=[listing("By level", head, rows, text=3, long=len(rows) > MAX_OPEN_ROWS)],
    )


def _of(facts: Facts, scope: Scope) -> list[MetricResult]:
    return [one for one in facts.report.results if one.scope is scope]
