"""What the frontier page shows of tapes: settings side by side, axes, the Pareto front, bands, differences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from core.evaluation.caps import RULABLE
from core.evaluation.pareto import pareto_front
from core.evaluation.repetition import Difference, bands, differences
from core.records import Direction
from core.synthesis.config import TrainingConfig
from core.tape import Band, Series, TapePoint
from core.workbench.frontier import TapeView
from core.workbench.training import RunView

UTILITY = (
    "utility_kept", "tstr_auc", "tstr_r2", "column_shapes", "pair_trends", "correlation_difference", "detection_auc",
)  # fmt: skip
PRIVACY = (
    "membership_auc", "singling_out_univariate", "singling_out_multivariate", "dcr_share", "memorised_share",
    "nndr_gap", "membership_tpr_10", "exact_copies", "critic_gap", "canary_exposure",
)  # fmt: skip
NEVER_APART = ("seed", "epochs", "threads", "device", "checkpoint_every")
"""Settings that make no other setting: seeds repeat one, and epochs are what the tape itself varies."""


def series_of(views: Sequence[TapeView]) -> list[Series]:
    """Tapes grouped by setting; runs that differ in nothing but the seed are one setting, as different epochs are."""
    grouped: dict[str, list[TapeView]] = {}
    for view in views:
        grouped.setdefault(str(sorted(_apart(view.run).items())), []).append(view)
    labels = _labels([_apart(ones[0].run) for ones in grouped.values()])
    return [
        Series(label=label, points=tuple(point for view in ones for point in view.points))
        for label, ones in zip(labels, grouped.values(), strict=True)
    ]


def labels_of(views: Sequence[TapeView]) -> dict[str, str]:
    """What sets the setting of each run apart; empty texts where all have one setting."""
    apart = {view.run.id: _apart(view.run) for view in views}
    if len({str(one) for one in apart.values()}) < 2:
        return dict.fromkeys(apart, "")
    return dict(zip(apart, _labels(list(apart.values())), strict=True))


def _apart(run: RunView) -> dict[str, str]:
    """What makes a setting another one, by the names that settings have."""
    value = run.config.to_json()
    names = {field.name: field.metadata["label"].lower() for field in dataclasses.fields(TrainingConfig)}
    found = {names[name]: _shown(value[name]) for name in names if name not in NEVER_APART}
    return found | {"share of train rows": f"{run.row_share:g}"}


def _labels(settings: Sequence[Mapping[str, str]]) -> list[str]:
    """What sets each setting apart from the others."""
    differ = [name for name in settings[0] if len({one[name] for one in settings}) > 1]
    if not differ:
        return ["Checkpoints"] * len(settings)
    return [", ".join(f"{name} {one[name]}" for name in differ) for one in settings]


def _shown(value: object) -> str:
    return "×".join(str(part) for part in value) if isinstance(value, list) else f"{value}"


def measured(views: Iterable[TapeView], metrics: Sequence[str]) -> list[str]:
    """Those of `metrics` that at least one checkpoint has."""
    points = [point for view in views for point in view.points]
    return [name for name in metrics if any(point.find(name) is not None for point in points)]


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; for privacy, giving away less is."""
    if metric in RULABLE:
        return not RULABLE[metric].at_most
    return metric == "nndr_gap"


def direction_words(metric: str) -> str:
    """The direction for an axis title."""
    return str(Direction.HIGHER if higher_is_better(metric) else Direction.LOWER)


def front(series: Sequence[Series], x: str, y: str) -> set[tuple[str, int]]:
    """Run and epoch of the checkpoints that no other beats in both metrics, over all settings."""
    points = [point for one in series for point in one.points if point.find(x) and point.find(y)]
    pairs = [(point.find(x).value, point.find(y).value) for point in points]
    on = pareto_front(pairs, higher=(higher_is_better(x), higher_is_better(y)))
    return {(point.run_id, point.epoch) for point, chosen in zip(points, on, strict=True) if chosen}


def bands_of(series: Sequence[Series], metric: str) -> dict[str, list[Band]]:
    """A metric over epochs for every setting that has it."""
    found = {one.label: bands(one.points, metric) for one in series}
    return {label: ones for label, ones in found.items() if ones}


def compared(series: Sequence[Series], metrics: Sequence[str]) -> list[Difference]:
    """Differences between settings at their last common epochs, metric by metric."""
    return [one for metric in metrics for one in differences(series, metric)]


def anchors_of(views: Sequence[TapeView]) -> Mapping[str, TapePoint]:
    """The anchors of a dataset: those of the first tape that has them."""
    found: dict[str, TapePoint] = {}
    for view in views:
        for name, point in view.anchors.items():
            found.setdefault(name, point)
    return found
