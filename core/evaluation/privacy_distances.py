"""Metrics of closeness: DCR share, memorised share, NNDR and exact copies, each against rows that nobody trained on.

Closeness is a diagnostic, not a protection: data that pass every number here can stay open to membership inference
(arXiv 2312.05114, 2505.01524). The explanations say what was seen and what could have been seen, never more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.errors import NotApplicable
from core.evaluation import rates
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.privacy_rows import (
    NearestRows,
    nearest_rows,
    real_entities,
    spread_of_dcr_share,
    weight_of_real_rows,
)
from core.records import Direction, DistanceCurve, MetricResult

PERMUTED = "95 % from permuting the labels train and control over the real rows"
DRAWN_AGAIN = "95 % over drawing the synthetic rows again, generator and real rows fixed"
LIMIT = "This is a diagnostic: it does not bound what an attacker can learn about one person."
CURVE_GRID = 200


class Distances:
    """DCR share, memorised share, NNDR against train and control rows, exact copies, and the curves behind them."""

    names = ("dcr_share", "memorised_share", "nndr_p05_train", "nndr_p05_control", "exact_copies")
    part = Part.PRIVACY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[MetricResult | DistanceCurve]:
        """Yield the five numbers, each measured or with its reason, then the curves."""
        found = nearest_rows(tables)
        measures = (dcr_share, memorised_share, nndr_p05_train, nndr_p05_control, exact_copies)
        for name, measure in zip(self.names, measures, strict=True):
            try:
                yield measure(tables, found)
            except NotApplicable as reason:
                yield not_measured(name, str(reason))
        yield from curves(found)


DISTANCES = Distances()


def dcr_share(tables: Tables, found: NearestRows) -> MetricResult:
    """Share of synthetic rows nearer to a train row than to a control row, at equal numbers, ties half.

    The mean over disjoint blocks of train rows, each as many as the control rows used. A copy of a train row is nearer
    to its own block for certain and to any other by chance, so that copying all rows gives .5 + .5 / t, where t is how
    many times the block fits into all train rows, whether or not so many blocks were made.
    """
    blocks = found.need_blocks(tables)
    shares = [_share_nearer(block.first, found.to_control.first) for block in found.to_blocks]
    value = float(np.mean(shares))
    spread = spread_of_dcr_share(tables)
    if spread == 0:
        raise NotApplicable("Every real row is equally far from the synthetic rows, so none is nearer than another.")
    estimate = rates.around(value, spread)
    n_blocks = len(blocks.train)
    chance = rates.around(0.5, spread)
    times = len(tables.train) / blocks.size
    seen = rates.detectable(spread) * 2 * times
    shown = (
        f"copies would have shown, four times in five, from a share of {seen:.1%} on."
        if seen <= 1
        else "even if all rows were copies, it would not have shown four times in five."
    )
    return MetricResult(
        metric="dcr_share",
        value=value,
        low=max(0.0, estimate.low),
        high=min(1.0, estimate.high),
        interval=PERMUTED,
        direction=Direction.TARGET,
        unit="share 0 to 1",
        anchors={
            "fresh rows": 0.5,
            "chance low": chance.low,
            "chance high": chance.high,
            "all rows copied from train": 0.5 + 0.5 / times,
            "detectable share of copied rows": min(1.0, seen),
        },
        counts={"blocks": n_blocks, "rows per block": blocks.size, **_used(found)},
        n_rows=found.n_synthetic,
        explanation=(
            f"Of {found.n_synthetic:,} synthetic rows{_part(found)}, {value:.1%} lie nearer to one of "
            f"{blocks.size:,} train rows than to one of {blocks.size:,} control rows (mean over {n_blocks} blocks, "
            f"ties half); rows that owe nothing to single train rows give 50 %, by chance {chance.low:.1%} to "
            f"{chance.high:.1%}. Copying a share of the rows moves it by that share divided by {_rounded(2 * times)}; "
            f"{shown} {LIMIT}"
        ),
    )


def memorised_share(tables: Tables, found: NearestRows) -> MetricResult:
    """(s - p) / (1 - p): s of the synthetic rows have a train row nearest, p of the real rows are train rows."""
    found.need_blocks(tables)
    weights, is_train = weight_of_real_rows(tables)
    share, expected, spread = rates.share_against_labels(weights, is_train, real_entities(tables))
    if spread == 0:
        raise NotApplicable("Every real row is equally far from the synthetic rows, so none is nearer than another.")
    value = (share - expected) / (1.0 - expected)
    scaled = spread / (1.0 - expected)
    estimate, chance = rates.around(value, scaled), rates.around(0.0, scaled)
    seen = rates.detectable(scaled)
    shown = (
        f"Copies would have shown, four times in five, from a share of {seen:.1%} on."
        if seen <= 1
        else "Even if all rows were copies, it would not have shown four times in five."
    )
    return MetricResult(
        metric="memorised_share",
        value=value,
        low=estimate.low,
        high=min(1.0, estimate.high),
        interval=PERMUTED,
        direction=Direction.LOWER,
        unit="share, 0 for fresh rows, 1 for copies",
        anchors={
            "fresh rows": 0.0,
            "chance low": chance.low,
            "chance high": chance.high,
            "all rows copied from train": 1.0,
            "detectable share of copied rows": min(1.0, seen),
        },
        counts={
            "nearest is a train row": round(share * found.n_synthetic),
            "train rows": int(is_train.sum()),
            "control rows": int((~is_train).sum()),
            **_used(found),
        },
        n_rows=found.n_synthetic,
        explanation=(
            f"The nearest real row is a train row for {share:.1%} of {found.n_synthetic:,} synthetic rows"
            f"{_part(found)}, and {expected:.1%} of the real rows are train rows: {value:+.1%} of the synthetic rows "
            f"lie nearer to train rows than chance explains (chance alone: {chance.low:+.1%} to {chance.high:+.1%}). "
            f"{shown} {LIMIT}"
        ),
    )


def nndr_p05_train(tables: Tables, found: NearestRows) -> MetricResult:
    """5th percentile of the ratio of the distances to the nearest and second nearest different train row."""
    if found.n_distinct_train < 2:
        raise NotApplicable("All train rows are equal in the modelled columns; the ratio needs two different ones.")
    anchors = {}
    fair = ""
    if found.blocks is not None and found.n_distinct_control >= 2:
        anchors["at the number of control rows"] = float(np.mean([_p05(one.ratio) for one in found.to_blocks]))
        anchors["control rows"] = _p05(found.to_control.ratio)
        fair = (
            f" With equal numbers of real rows it is {anchors['at the number of control rows']:.3f} against "
            f"train rows and {anchors['control rows']:.3f} against control rows; lower against train rows means copies."
        )
    return _nndr("nndr_p05_train", found, found.to_train.ratio, "train", anchors, fair)


def nndr_p05_control(tables: Tables, found: NearestRows) -> MetricResult:
    """The same against the control rows, which no synthetic row can have copied."""
    found.need_blocks(tables)
    if found.n_distinct_control < 2:
        raise NotApplicable("All control rows are equal in the modelled columns; the ratio needs two different ones.")
    anchors = {"train rows at equal number": float(np.mean([_p05(one.ratio) for one in found.to_blocks]))}
    return _nndr("nndr_p05_control", found, found.to_control.ratio, "control", anchors, " It is what no copying gives.")


def _nndr(name: str, found: NearestRows, ratio: np.ndarray, of: str, anchors: dict, more: str) -> MetricResult:
    estimate = rates.quantile_interval(ratio, 0.05)
    below = int((ratio < 1 / 3).sum())
    return MetricResult(
        metric=name,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        interval=DRAWN_AGAIN + " (order statistics)",
        direction=Direction.HIGHER,
        unit="ratio 0 to 1",
        anchors={"all rows copied": 0.0, **anchors},
        counts={"below one third": below, "different reference rows": _distinct(found, of), **_used(found)},
        n_rows=found.n_synthetic,
        explanation=(
            f"One synthetic row in twenty{_part(found)} has a nearest {of} row at most {estimate.value:.3f} times as "
            f"far as its second nearest; near 0 one {of} row stands out, near 1 none does.{more} {LIMIT}"
        ),
    )


def exact_copies(tables: Tables, found: NearestRows) -> MetricResult:
    """Share of synthetic rows equal to a train row in every modelled column."""
    copies = found.to_train.is_copy
    estimate = rates.wilson(int(copies.sum()), found.n_synthetic)
    anchors, counts, beside = {}, {"copies of train rows": int(copies.sum())}, ""
    if found.blocks is not None:
        counts |= {
            "copies of control rows": int(found.to_control.is_copy.sum()),
            "blocks": len(found.blocks.train), "rows per block": found.blocks.size,
        }  # fmt: skip
        anchors["control rows"] = float(found.to_control.is_copy.mean())
        anchors["train rows at equal number"] = float(np.mean([one.is_copy.mean() for one in found.to_blocks]))
        beside = (
            f" At equal numbers of real rows, {anchors['train rows at equal number']:.2%} equal a train row and "
            f"{anchors['control rows']:.2%} a control row, which is coincidence."
        )
    return MetricResult(
        metric="exact_copies",
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        interval="95 % Wilson, over drawing the synthetic rows again",
        direction=Direction.LOWER,
        unit="share 0 to 1",
        anchors={"all rows copied": 1.0, **anchors},
        counts={**counts, **_used(found)},
        n_rows=found.n_synthetic,
        explanation=(
            f"{int(copies.sum()):,} of {found.n_synthetic:,} synthetic rows{_part(found)} equal a train row in every "
            f"modelled column.{beside} No copies does not mean that no person can be recognised."
        ),
    )


def curves(found: NearestRows) -> Iterator[DistanceCurve]:
    """Cumulative DCR and NNDR: synthetic rows to train and to control rows at equal numbers, and real rows to real."""
    if found.blocks is None:
        groups = {"synthetic to train rows": (found.to_train,)}
    else:
        groups = {
            "synthetic to train rows": found.to_blocks,
            "synthetic to control rows": (found.to_control,),
            "control to train rows": found.control_to_blocks,
        }
    equal = "" if found.blocks is None else f", to {found.blocks.size:,} real rows each"
    dcr = {name: np.concatenate([one.first for one in ones]) for name, ones in groups.items()}
    yield _curve("dcr", f"Distance to the nearest row, 0 to 1{equal} (higher is better)", dcr, end=None)
    if min(found.n_distinct_train, found.n_distinct_control if found.blocks is not None else 2) >= 2:
        nndr = {name: np.concatenate([one.ratio for one in ones]) for name, ones in groups.items()}
        yield _curve("nndr", f"Nearest / second nearest distance, 0 to 1{equal} (higher is better)", nndr, end=1.0)


def _curve(name: str, label: str, values: dict[str, np.ndarray], *, end: float | None) -> DistanceCurve:
    furthest = end or max(float(np.quantile(one, 0.995)) for one in values.values()) or 1.0
    grid = np.linspace(0.0, furthest, CURVE_GRID + 1)
    series = {
        key: tuple(np.round(np.searchsorted(np.sort(one), grid, side="right") / len(one), 6).tolist())
        for key, one in values.items()
    }
    return DistanceCurve(name=name, label=label, grid=tuple(np.round(grid, 6).tolist()), series=series)


def _share_nearer(to_train: np.ndarray, to_control: np.ndarray) -> float:
    return float((to_train < to_control).mean() + 0.5 * (to_train == to_control).mean())


def _rounded(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _p05(ratio: np.ndarray) -> float:
    return float(np.quantile(ratio, 0.05))


def _distinct(found: NearestRows, of: str) -> int:
    return found.n_distinct_train if of == "train" else found.n_distinct_control


def _part(found: NearestRows) -> str:
    return "" if found.n_synthetic == found.n_given else f" (a random part of {found.n_given:,})"


def _used(found: NearestRows) -> dict[str, int]:
    return {"synthetic rows used": found.n_synthetic, "synthetic rows": found.n_given}
