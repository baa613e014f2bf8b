"""Attribute disclosure: who knows a few facts about a person and looks the person up, what else does he read?

The measures are those of official statistics (synthpop: Raab, Nowok and Dibben, arXiv 2406.16826 and 2409.04257). For
key columns q and a target t: Dorig, the share of real rows whose key has a single target value among the real rows;
DiSCO, the share of real rows whose key has a single target value among the synthetic rows, and it is theirs; repU, the
share of real rows whose key is unique among the real and among the synthetic rows; CAP, the mean share of synthetic
rows with a row's key that have its target value; TCAP, the same where one value has nine tenths of them. DiSCO of
control rows is what the synthetic table says about people in general; what train rows have beyond it is the disclosure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation import rates
from core.evaluation.attacks.adapter import WILSON, Guesses, residual_risk, risk_result
from core.evaluation.attacks.knowledge import association, entropy, one_each
from core.evaluation.metric import Part, Plan, Tables
from core.records import MetricResult, Scope
from core.tables import as_numbers, level_codes

MIN_ROWS = 10
N_KEYS = 4
MAX_KEY_LEVELS = 100
N_BINS = 10
SURE = 0.9
"""Share of the synthetic rows of a key that one value must have for TCAP."""

SAME = 0.95
"""A column of which another key tells so much of the entropy is no key of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Measures of one key and target.

    Parameters
    ----------
    guesses : Guesses
        Right ones are the rows that DiSCO counts.
    shares : mapping of name to float
        `Dorig`, `DiSCO`, `repU`, `CAP`, `TCAP` for train rows; with " of control rows", those that do not depend on how
        many rows there are, for control rows.
    """

    guesses: Guesses
    shares: dict[str, float]


class AttributeDisclosure:
    """DiSCO of train rows beyond that of control rows: per target, and the largest."""

    names = ("attribute_disclosure",)
    part = Part.PRIVACY
    plan = Plan.STANDARD
    n_targets: ClassVar = {Plan.STANDARD: 10, Plan.FULL: 50}

    def measure(self, tables: Tables) -> Iterator[MetricResult]:
        """Yield a result per target column, then the largest."""
        tables.need_synthetic()
        tables.need_control(MIN_ROWS)
        codes = shared_codes(tables)
        keys = chosen_keys(tables, codes) or suggest_keys(tables, codes)
        targets = suggest_targets(tables, codes, keys)[: self.n_targets.get(tables.plan, 10)]
        if not keys or not targets:
            raise NotApplicable("It needs a key column and a target column that vary, both modelled.")
        generator = tables.generator("attribute disclosure")
        looked_up = of_one_row_each(codes, tables)
        found = {target: disclose(looked_up, keys, target, generator) for target in targets}
        if tables.entities() is not None:
            found = {target: dataclasses.replace(one, guesses=_noted(one.guesses)) for target, one in found.items()}
        for target, one in found.items():
            yield _result(one, keys, target, len(tables.synthetic))
        yield _largest(found, keys, len(tables.synthetic))


ATTRIBUTE_DISCLOSURE = AttributeDisclosure()


def shared_codes(tables: Tables) -> dict[str, dict[str, np.ndarray]]:
    """Codes of every modelled column in every table: levels, and numbers in tenths of their train distribution."""
    frames = {"train": tables.train, "control": tables.need_control(), "synthetic": tables.synthetic}
    out: dict[str, dict[str, np.ndarray]] = {name: {} for name in frames}
    for column in tables.schema.modelled:
        series = [frame[column.name] for frame in frames.values()]
        if column.is_number:
            values = [as_numbers(one) for one in series]
            present = values[0][np.isfinite(values[0])]
            edges = np.unique(np.quantile(present, np.linspace(0, 1, N_BINS + 1)[1:-1])) if len(present) else []
            codes = [np.where(np.isnan(one), -1, np.searchsorted(edges, one, side="right")) + 1 for one in values]
        else:
            codes, _ = level_codes(*series)
        for name, code in zip(frames, codes, strict=True):
            out[name][column.name] = code
    return out


def of_one_row_each(codes: dict[str, dict[str, np.ndarray]], tables: Tables) -> dict[str, dict[str, np.ndarray]]:
    """The same codes, of one random row of every entity of the real tables; all of them where rows stand alone.

    Rows of one person are no independent trials: a key that finds one of them finds most.

    Raises
    ------
    NotApplicable
        If there are fewer than `MIN_ROWS` entities on either side.
    """
    entities = tables.entities()
    if entities is None:
        return codes
    out = dict(codes)
    generator = tables.generator("rows looked up")
    for name, whose in zip(("train", "control"), entities, strict=True):
        rows = one_each(generator.permutation(len(whose)), whose)
        if len(rows) < MIN_ROWS:
            raise NotApplicable(f"It needs at least {MIN_ROWS} {name} entities; there are {len(rows)}.")
        out[name] = {column: code[rows] for column, code in codes[name].items()}
    return out


def suggest_keys(
    tables: Tables,
    codes: dict[str, dict[str, np.ndarray]],
    limit: int = N_KEYS,
    among: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Columns that somebody could know of a person: not the target, few levels, none telling another; file order.

    Parameters
    ----------
    among : names of columns, optional
        Only these may be keys.
    """
    chosen: list[str] = []
    allowed = [column for column in tables.schema.modelled if among is None or column.name in among]
    ranked = sorted(allowed, key=lambda column: column.is_number)
    for column in ranked:
        code = codes["train"][column.name]
        n_levels, mine = len(np.unique(code)), entropy(code)
        told = any(association(code, codes["train"][name]) > SAME * mine for name in chosen)
        if column.name != tables.target and 1 < n_levels <= MAX_KEY_LEVELS and not told and len(chosen) < limit:
            chosen.append(column.name)
    varying = [name for name in codes["train"] if len(np.unique(codes["train"][name])) > 1]
    # one column has to be left to be disclosed
    return tuple(chosen if len(varying) > len(chosen) else chosen[:-1])


def chosen_keys(tables: Tables, codes: dict[str, dict[str, np.ndarray]]) -> tuple[str, ...]:
    """The first set of columns that the attacker is taken to know, without the secrets and what does not vary.

    Of many columns the suggested ones among them: a key that is unique for every row finds nobody.
    """
    wanted = tables.known[0] if tables.known else ()
    keys = tuple(
        name for name, code in codes["train"].items()
        if name in wanted and name not in tables.secrets and len(np.unique(code)) > 1
    )  # fmt: skip
    if len(keys) > N_KEYS:
        keys = suggest_keys(tables, codes, among=keys)
    return keys if len(keys) < len(codes["train"]) else ()


def suggest_targets(tables: Tables, codes: dict[str, dict[str, np.ndarray]], keys: Sequence[str]) -> tuple[str, ...]:
    """The columns (or chosen secrets) that are no keys and vary, the target first, levels before binned numbers."""
    left = [
        column
        for column in tables.schema.modelled
        if column.name not in keys
        and len(np.unique(codes["train"][column.name])) > 1
        and (not tables.secrets or column.name in tables.secrets)
    ]
    return tuple(
        column.name for column in sorted(left, key=lambda column: (column.name != tables.target, column.is_number))
    )


def disclose(
    codes: dict[str, dict[str, np.ndarray]], keys: Sequence[str], target: str, generator: np.random.Generator
) -> Disclosure:
    """Look every real row up by its key among the synthetic rows."""
    groups = _key_codes(codes, keys)
    n_groups = max(int(one.max()) for one in groups.values()) + 1
    secret = {name: table[target].astype(np.int64) for name, table in codes.items()}
    width = max(int(one.max()) for one in secret.values()) + 1
    counts = pd.Series(groups["synthetic"] * width + secret["synthetic"]).value_counts()
    sizes = np.bincount(groups["synthetic"], minlength=n_groups)
    most = np.zeros(n_groups, dtype=np.int64)
    np.maximum.at(most, counts.index.to_numpy() // width, counts.to_numpy())
    shares: dict[str, float] = {}
    right = {}
    for name in ("train", "control"):
        of_key = sizes[groups[name]]
        same = counts.reindex(groups[name] * width + secret[name], fill_value=0).to_numpy()
        cap = np.divide(same, of_key, out=np.zeros(len(same)), where=of_key > 0)
        sure = (of_key > 0) & (most[groups[name]] >= SURE * of_key)
        right[name] = (of_key > 0) & (same == of_key)
        more = "" if name == "train" else " of control rows"
        shares |= {
            f"DiSCO{more}": float(right[name].mean()),
            f"CAP{more}": float(cap[of_key > 0].mean()) if (of_key > 0).any() else 0.0,
            f"TCAP{more}": float(cap[sure].mean()) if sure.any() else 0.0,
        }
    unanimous = (sizes[groups["train"]] > 0) & (most[groups["train"]] == sizes[groups["train"]])
    naive = secret["synthetic"][generator.integers(len(secret["synthetic"]), size=len(unanimous))]
    alone = np.bincount(groups["train"], minlength=n_groups)[groups["train"]] == 1
    shares["repU"] = float((alone & (sizes[groups["train"]] == 1)).mean())
    shares["Dorig"] = float(_single_valued(groups["train"], secret["train"], width)[groups["train"]].mean())
    guesses = Guesses(
        n_requested=len(right["train"]),
        n_attack=len(right["train"]),
        n_control=len(right["control"]),
        n_baseline=len(right["train"]),
        attack=int(right["train"].sum()),
        control=int(right["control"].sum()),
        baseline=int((unanimous & (naive == secret["train"])).sum()),
    )
    return Disclosure(guesses=guesses, shares=shares)


def _noted(guesses: Guesses) -> Guesses:
    note = "One row of every entity is looked up, because rows of one entity resemble each other."
    return dataclasses.replace(guesses, notes=(*guesses.notes, note))


def _key_codes(codes: dict[str, dict[str, np.ndarray]], keys: Sequence[str]) -> dict[str, np.ndarray]:
    """One number per combination of key values, shared by all tables."""
    lengths = [len(table[keys[0]]) for table in codes.values()]
    combined = np.zeros(sum(lengths), dtype=np.int64)
    for key in keys:
        column = np.concatenate([table[key] for table in codes.values()]).astype(np.int64)
        combined = np.unique(combined * (int(column.max()) + 1) + column, return_inverse=True)[1].ravel()
    return dict(zip(codes, np.split(combined, np.cumsum(lengths)[:-1]), strict=True))


def _single_valued(groups: np.ndarray, secret: np.ndarray, width: int) -> np.ndarray:
    """For each group, whether all its rows have one value."""
    pairs = np.unique(groups * width + secret)
    return np.bincount(pairs // width, minlength=int(groups.max()) + 1) == 1


def _result(found: Disclosure, keys: Sequence[str], target: str, n_rows: int) -> MetricResult:
    result = risk_result(
        "attribute_disclosure",
        found.guesses,
        scope=Scope.SECRET,
        subject=(target, *keys),
        n_rows=n_rows,
        sentence=_sentence(keys, target, found),
    )
    return dataclasses.replace(result, anchors={**result.anchors, **found.shares})


def _largest(found: dict[str, Disclosure], keys: Sequence[str], n_rows: int) -> MetricResult:
    level = rates.simultaneous_level(len(found))
    risks = {target: residual_risk(one.guesses, level=level).signed for target, one in found.items()}
    worst = max(risks, key=lambda target: risks[target].value)
    result = risk_result(
        "attribute_disclosure",
        found[worst].guesses,
        n_rows=n_rows,
        level=level,
        interval=f"{WILSON}, simultaneous over {len(found)} targets",
        sentence=f"{_sentence(keys, worst, found[worst])} It is the largest of {len(found)} targets.",
    )
    low, high = max(one.low for one in risks.values()), max(one.high for one in risks.values())
    shown = rates.Estimate(value=risks[worst].value, low=low, high=high).clipped
    return dataclasses.replace(
        result,
        low=shown.low,
        high=shown.high,
        anchors={**result.anchors, "signed low": low, "signed high": high, **found[worst].shares},
        counts={**result.counts, "targets tried": len(found), "key columns": len(keys)},
    )


def _sentence(keys: Sequence[str], target: str, found: Disclosure) -> str:
    # braces in a column's name must survive the formatting of the rates
    known, name = (text.replace("{", "{{").replace("}", "}}") for text in (", ".join(keys), target))
    return (
        f"Who knows {known} and finds all synthetic rows with these values agreeing on “{name}” is right for "
        f"{{attack}} of train rows and {{control}} of control rows; among the real rows the same facts settle it for "
        f"{found.shares['Dorig']:.1%} (Dorig)."
    )
