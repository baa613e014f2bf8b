"""The report as one self-contained HTML file: no script, no network, everything of the table escaped."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.export import report_parts
from core.export.facts import Facts
from core.export.outside import MIN_ROWS
from core.export.report_shapes import Tile, tile
from core.figures.glossary import entry
from core.figures.text import flat

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
KEY_METRICS = (
    "column_shapes",
    "pair_trends",
    "detection_auc",
    "utility_kept",
    "memorised_share",
    "singling_out_univariate",
    "linkability",
    "inference",
    "membership_auc",
)
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def report_html(facts: Facts) -> str:
    """The report as a text.

    Parameters
    ----------
    facts : Facts
        As they are, for inside; from `core.export.outside.for_outside`, for outside the trusted zone.

    Returns
    -------
    str, HTML whose policy forbids scripts and every request; names and values of the table are text in it
    """
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_straight,
    )
    environment.filters["flat"] = flat
    parts = report_parts.parts(facts)
    return environment.get_template("report.html").render(
        title=flat(facts.title)[:200],
        made_at=facts.made_at,
        stamp=facts.stamp.line(),
        outside=facts.outside,
        min_rows=MIN_ROWS,
        n_synthetic=f"{facts.stamp.n_rows:,}",
        n_train=f"{facts.n_train:,}",
        n_control=f"{facts.n_control:,}",
        made=_made(facts),
        source=_source(facts),
        purpose=_purpose(facts),
        decisions=_decisions(facts),
        verdict_line=_verdicts(facts),
        key_tiles=_key_tiles(facts),
        parts=parts,
        contents=[("summary", "Summary"), *((part.id, part.title) for part in parts), ("glossary", "Glossary")],
        glossary=_glossary(facts),
    )


def _straight(value: Any) -> Any:
    """A text without characters that turn the direction of writing, which could make one name read as another."""
    if isinstance(value, Markup):
        return Markup(_TURNING.sub("", value))
    return _TURNING.sub("", value) if isinstance(value, str) else value


def _made(facts: Facts) -> str:
    if facts.request is None:
        return f"{facts.stamp.n_rows:,} rows that were made elsewhere; Doppel only judged them."
    extra = sum(one.n_rows for one in facts.request.conditions)
    kind = "of a target mix" if facts.request.mix is not None else "without condition"
    asked = f"{facts.request.n_rows:,} rows {kind}"
    asked += f" and {extra:,} rows of chosen levels" if extra else ""
    return f"{asked}, drawn with seed {facts.request.seed} from a CTGAN after {facts.epochs_trained:,} epochs."


def _source(facts: Facts) -> str:
    n_columns = f"{len(facts.schema)} columns"
    left = f"; {len(facts.left_out)} columns of the real table were left out" if facts.left_out else ""
    target = f" Target: {facts.target}." if facts.target else ""
    return f"{facts.n_train:,} train rows with {n_columns}{left}.{target}"


def _purpose(facts: Facts) -> str:
    purposes = [str(one["purpose"]) for one in facts.sign_off if one.get("purpose")]
    return purposes[-1] if purposes else "No purpose was recorded."


def _decisions(facts: Facts) -> str:
    found = [
        f"{one['decision']} by {one.get('reviewer') or 'somebody unnamed'} ({one.get('at', '')})"
        + (f": {one['note']}" if one.get("note") else "")
        for one in facts.sign_off
        if one.get("decision")
    ]
    return "; ".join(found) or "No reviewer has decided yet."


def _verdicts(facts: Facts) -> str:
    tiles = [one for part in ("fidelity", "utility", "privacy") for one in report_parts.tiles_of(facts, part)]
    measured = [one for one in tiles if one.value is not None]
    tones = Counter(one.tone for one in measured)
    found = [f"{tones[tone]} {tone}" for tone in ("pass", "caution", "fail")]
    gap = f" {len(tiles) - len(measured)} more were not measured." if len(tiles) > len(measured) else ""
    return (
        f"Of {len(measured)} metrics of the whole table: {', '.join(found)}; {tones['none']} without a verdict.{gap} "
        "Each is held against its line at the unfavourable end of its interval."
    )


def _key_tiles(facts: Facts) -> list[Tile]:
    found = [facts.report.find(name) for name in KEY_METRICS]
    return [tile(one) for one in found if one is not None and one.value is not None]


def _glossary(facts: Facts) -> list[Any]:
    names = dict.fromkeys(result.metric for result in facts.report.results)
    return sorted((entry(name) for name in names), key=lambda one: one.label.lower())
