"""Sections of the report: which numbers, pictures and tables stand where."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from core.export.facts import Facts
from core.figures.columns import describe_column, shape_difference
from core.figures.glossary import entry
from core.figures.scales import as_anchors, axis_range, in_words
from core.figures.static import column_picture, correlation_picture, distance_picture, loss_picture, save_figure
from core.records import ColumnPicture, MetricResult, Scope, Status, Verdict

MAX_PICTURES = 60
"""Columns that are drawn, worst first; all of them are in the table."""

MAX_MOVED_PAIRS = 25
GALLERY_INCHES = (4.4, 2.7)
COLUMN_METRICS = (
    "column_shapes", "missing_share", "wasserstein_scaled", "jensen_shannon", "level_coverage", "range_coverage",
    "known_levels", "tail_share", "detection_by_column",
)  # fmt: skip
_TONES = {Verdict.PASS: "pass", Verdict.CAUTION: "caution", Verdict.FAIL: "fail"}
_PRIVACY = (
    "dcr", "nndr", "memorised", "exact_copies", "singling_out", "linkability", "inference", "membership",
    "identifiability", "attribute_disclosure", "disclosure", "canary", "epsilon",
)  # fmt: skip
_UTILITY = ("tstr", "trtr", "trts", "utility", "augmented", "importance", "rank_", "stress", "equal_opp", "demographic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A metric as the template shows it; places are percent of the scale's width."""

    label: str
    value: float | None
    verdict: str
    tone: str
    rule: str
    interval: str
    direction: str
    anchors: str
    sentence: str
    words: str
    place: float = 0.0
    bar: tuple[float, float] | None = None
    marks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An inlined chart and its caption."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table: cells are texts; `numbers` are the places of columns aligned to the right."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section."""

    id: str
    title: str
    sentence: str
    tiles: list[Tile] = field(default_factory=list)
    gallery: list[Picture] = field(default_factory=list)
    gallery_title: str = ""
    charts: list[Picture] = field(default_factory=list)
    tables: list[Listing] = field(default_factory=list)


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


def tile(result: MetricResult) -> Tile:
    """A result as the template shows it."""
    measured = result.status is Status.MEASURED
    low, high = axis_range(result) if measured else (0.0, 1.0)

    def place(value: float) -> float:
        return round(min(100.0, max(0.0, 100 * (value - low) / ((high - low) or 1.0))), 2)

    anchors = as_anchors(result.anchors) if measured else ()
    bar = None
    if measured and result.low is not None and result.high is not None:
        bar = (place(result.low), round(place(result.high) - place(result.low), 2))
    interval = "" if result.low is None or result.high is None else f"{result.low:.3f} to {result.high:.3f} (95 %)"
    return Tile(
        label=entry(result.metric).label,
        value=result.value,
        verdict=str(result.verdict).capitalize() if result.rule or not measured else "No threshold",
        tone=_TONES.get(result.verdict, "none"),
        rule=result.rule,
        interval=interval,
        direction=str(result.direction),
        anchors=", ".join(f"{one.name} {one.value:.3f}" for one in anchors),
        sentence=result.explanation,
        words=in_words(result) if measured else "",
        place=place(result.value) if measured else 0.0,
        bar=bar,
        marks=tuple(place(one.value) for one in anchors),
    )


def parts(facts: Facts) -> list[Part]:
    """All sections that have something to show."""
    found = [_fidelity(facts), _utility(facts), _privacy(facts), _levels(facts), _making(facts), _cards(facts)]
    found += [_sign_off(facts), _audit(facts)]
    return [one for one in found if one is not None]


def svg(figure: Any) -> Markup:
    """A figure as SVG to put into a page: without XML head, with text kept as text."""
    buffer = io.BytesIO()
    save_figure(figure, buffer, kind="svg", outlines=False)
    text = buffer.getvalue().decode()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # matplotlib escapes every text that it writes; what comes out is markup of its own making
    return Markup(text)


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
        tiles=tiles,
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
    rows = [(name, *(_cell(values.get((name, metric))) for metric in metrics)) for name in names]
    head = ("Column", *(entry(metric).label for metric in metrics))
    return [_listing("Every column", head, rows, long=len(rows) > 30)]


def _pair_table(facts: Facts) -> list[Listing]:
    pairs = [one for one in _of(facts, Scope.PAIR) if one.metric == "pair_trends" and one.status is Status.MEASURED]
    pairs.sort(key=lambda one: one.value)
    rows = [(*one.subject[:2], f"{one.value:.3f}", _interval(one)) for one in pairs[:MAX_MOVED_PAIRS]]
    head = ("Column", "Other column", "Pair trend (1 is alike)", "95 % interval")
    return [_listing("Pairs that moved most", head, rows, text=2)] if rows else []


def _utility(facts: Facts) -> Part | None:
    tiles, models = tiles_of(facts, "utility"), _of(facts, Scope.MODEL)
    if not tiles and not models:
        return None
    rows = [
        (" · ".join(one.subject), entry(one.metric).label, _cell(one), _interval(one))
        for one in models
        if one.status is Status.MEASURED
    ]
    tables = [_listing("Model by model", ("Model", "Metric", "Value", "95 % interval"), rows, text=2)] if rows else []
    return Part(
        id="utility",
        title="Utility",
        sentence=f"What models learn from synthetic rows about {facts.target or 'the target'}, tested on control rows.",
        tiles=tiles,
        tables=tables,
    )


def _privacy(facts: Facts) -> Part | None:
    tiles = tiles_of(facts, "privacy")
    if not tiles:
        return None
    attacked = [one for one in facts.report.results if {"attack", "control"} <= set(one.anchors)]
    rows = [
        (
            entry(one.metric).label + (f": {' · '.join(one.subject)}" if one.subject else ""),
            *(_share(one.anchors.get(name)) for name in ("attack", "control", "baseline")),
            _share(one.value),
            _interval(one, percent=True),
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
        "Residual risk is (attack - control) / (1 - control); lower is better.",
        tiles=tiles,
        charts=[Picture(svg=svg(distance_picture(one)), caption=one.label) for one in curves],
        tables=[_listing("Attack rates", head, rows)] if rows else [],
    )


def _levels(facts: Facts) -> Part | None:
    found = [] if facts.outside else _of(facts, Scope.LEVEL)
    rows = [
        (" = ".join(one.subject), entry(one.metric).label, _cell(one), _interval(one), one.explanation)
        for one in found
        if one.status is Status.MEASURED
    ]
    if not rows:
        return None
    head = ("Level", "Metric", "Value", "95 % interval", "Meaning")
    return Part(
        id="levels",
        title="Single levels",
        sentence="Numbers about the rows of one level: requested rows, and levels of the target.",
        tables=[_listing("By level", head, rows, text=2)],
    )


def _making(facts: Facts) -> Part | None:
    charts = []
    if facts.records:
        caption = "Means of each epoch with one standard deviation. Neither has to fall: curves that settle are good."
        charts.append(Picture(svg=svg(loss_picture(facts.records)), caption=caption))
    settings = [(name, _plain(value)) for name, value in facts.training.items()]
    tables = [_listing("Training settings", ("Setting", "Value"), settings, text=2, long=True)] if settings else []
    for title, steps in (("Preparation", facts.recipe), ("Constraints", facts.constraints)):
        if steps:
            rows = [(str(at), _plain(step)) for at, step in enumerate(steps, 1)]
            tables.append(_listing(title, ("Step", "What it does"), rows, text=2))
    versions = list(facts.versions.items())
    if versions:
        tables.append(_listing("Versions", ("Library", "Version"), versions, text=2, long=True))
    if not charts and not tables:
        return None
    if facts.request is None:
        return Part(id="making", title="How it was judged", sentence="The rows were made elsewhere.", tables=tables)
    device = f" on {facts.device}" if facts.device else ""
    return Part(
        id="making",
        title="How it was made",
        sentence=f"CTGAN (Xu et al. 2019), {facts.epochs_trained:,} epochs{device}; control share "
        f"{facts.control_share:.0%}" + (f", split by {facts.group}." if facts.group else "."),
        charts=charts,
        tables=tables,
    )


def _cards(facts: Facts) -> Part:
    columns = [(one.name, str(one.type), str(one.treatment), one.personal or "–", one.reason) for one in facts.schema]
    columns += [(name, "–", "leave out", "–", "Not in the synthetic table.") for name in facts.left_out]
    model = [
        ("What it is", "A generator of rows (CTGAN) that learned the train rows; it holds weights, levels and modes."),
        ("Meant for", _purpose(facts)),
        ("Not meant for", "Decisions about single persons; statements about rare cases without their number."),
        ("Learned from", f"{facts.n_train:,} train rows; nothing was fitted on the {facts.n_control:,} control rows."),
        ("Known limits", "Levels rarer than the level limit share a bucket; relations of more than a few columns and "
         "hard rules between columns can be missed unless they were declared as constraints."),
        ("Privacy", "No differential privacy. Weights may remember single rows; see the tests above."),
    ]  # fmt: skip
    head = ("Column", "Type", "Treatment", "Personal", "Why")
    return Part(
        id="cards",
        title="Data card and model card",
        sentence="What the columns of the synthetic table represent, and what the generator is and is not for.",
        tables=[
            _listing("Data card", head, columns, text=5, long=len(columns) > 40),
            _listing("Model card", ("About", "Says"), model, text=2),
        ],
    )


def _purpose(facts: Facts) -> str:
    found = [str(one["purpose"]) for one in facts.sign_off if one.get("purpose")]
    return found[-1] if found else "Not recorded."


def _sign_off(facts: Facts) -> Part | None:
    tables = []
    if facts.sign_off:
        keys = ("at", "purpose", "reviewer", "decision", "note")
        rows = [tuple(str(one.get(key) or "–") for key in keys) for one in facts.sign_off]
        tables.append(_listing("Sign-off", ("When", "Purpose", "Reviewer", "Decision", "Note"), rows, text=5))
    if facts.checklist:
        rows = [
            tuple(str(one.get(key, "")) for key in ("area", "item", "state", "evidence")) for one in facts.checklist
        ]
        tables.append(_listing("Checklist", ("Area", "Question", "State", "Evidence"), rows, text=4))
    if not tables:
        return None
    return Part(
        id="sign-off",
        title="Sign-off and checklist",
        sentence="Filled from what was measured and recorded: support for a decision, not a legal statement.",
        tables=tables,
    )


def _audit(facts: Facts) -> Part | None:
    if not facts.audit:
        return None
    rows = [(str(one["number"]), str(one["at"]), str(one["action"]), ", ".join(one["ids"])) for one in facts.audit]
    return Part(
        id="audit",
        title="Audit",
        sentence="What was done with this table, in order. Every entry's digest covers the one before.",
        tables=[_listing("Entries", ("No.", "When (UTC)", "Action", "Ids"), rows, text=4, long=True)],
    )


def _of(facts: Facts, scope: Scope) -> list[MetricResult]:
    return [one for one in facts.report.results if one.scope is scope]


def _listing(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, text: int = 1, long: bool = False
) -> Listing:
    """A table whose first `text` columns are texts and the others numbers."""
    found = [tuple(str(cell) for cell in row) for row in rows]
    return Listing(title=title, head=tuple(head), rows=found, numbers=frozenset(range(text, len(head))), long=long)


def _cell(result: MetricResult | None) -> str:
    return "–" if result is None or result.value is None else f"{result.value:.3g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _interval(result: MetricResult, *, percent: bool = False) -> str:
    if result.low is None or result.high is None:
        return "–"
    return f"{_share(result.low)} to {_share(result.high)}" if percent else f"{result.low:.3f} to {result.high:.3f}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return ", ".join(_plain(one) for one in value) if isinstance(value, (list, tuple)) else str(value)
