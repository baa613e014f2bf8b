"""Every metric in the order of the report; modules are imported when their part is judged, so no part pays for another.

`METRICS` is the whole ordered tuple of instances; `load_metrics` imports only the modules of the wanted parts.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any, NamedTuple

from core.evaluation.metric import Metric, Part


class Entry(NamedTuple):
    """Where a metric lives: its part, its module below `core.evaluation`, and the name of its instance there."""

    part: Part
    module: str
    name: str


ENTRIES: tuple[Entry, ...] = (
    Entry(Part.FIDELITY, "shapes", "COLUMN_SHAPES"),
    Entry(Part.FIDELITY, "pictures", "COLUMN_PICTURES"),
    Entry(Part.FIDELITY, "trends", "PAIR_TRENDS"),
    Entry(Part.FIDELITY, "correlation", "CORRELATION_DIFFERENCE"),
    Entry(Part.FIDELITY, "three_way", "THREE_WAY_MARGINALS"),
    Entry(Part.FIDELITY, "conditioned", "CONDITIONED_ROWS"),
    Entry(Part.FIDELITY, "columns", "COLUMN_DETAILS"),
    Entry(Part.FIDELITY, "pairs", "PAIR_DETAILS"),
    Entry(Part.FIDELITY, "detection", "DETECTION_AUC"),
    Entry(Part.FIDELITY, "support", "SUPPORT"),
    Entry(Part.FIDELITY, "whole", "WHOLE_TABLE"),
    Entry(Part.FIDELITY, "constraints", "CONSTRAINTS"),
    Entry(Part.UTILITY, "utility", "UTILITY"),
    Entry(Part.UTILITY, "utility", "TRTS"),
    Entry(Part.UTILITY, "utility", "FURTHER_TARGETS"),
    Entry(Part.UTILITY, "importance", "IMPORTANCE"),
    Entry(Part.UTILITY, "stress", "STRESS"),
    Entry(Part.UTILITY, "groups", "GROUPS"),
    Entry(Part.UTILITY, "models", "MODELS_COMPARED"),
    Entry(Part.PRIVACY, "privacy_distances", "DISTANCES"),
    Entry(Part.PRIVACY, "privacy_levels", "DISTANCES_BY_LEVEL"),
    Entry(Part.PRIVACY, "compared", "COMPARED_PRIVACY"),
    Entry(Part.PRIVACY, "attacks.singling_out", "UNIVARIATE"),
    Entry(Part.PRIVACY, "attacks.singling_out", "MULTIVARIATE"),
    Entry(Part.PRIVACY, "attacks.linkability", "LINKABILITY"),
    Entry(Part.PRIVACY, "attacks.inference", "INFERENCE"),
    Entry(Part.PRIVACY, "membership", "MEMBERSHIP"),
    Entry(Part.PRIVACY, "shadows", "SHADOW_MEMBERSHIP"),
    Entry(Part.PRIVACY, "identifiability", "IDENTIFIABILITY"),
    Entry(Part.PRIVACY, "disclosure", "ATTRIBUTE_DISCLOSURE"),
)


def load_metrics(parts: Collection[Part] = tuple(Part)) -> tuple[Metric, ...]:
    """Instances of the metrics of `parts`, in the order of the report."""
    return tuple(
        getattr(importlib.import_module(f"core.evaluation.{entry.module}"), entry.name)
        for entry in ENTRIES
        if entry.part in parts
    )


def __getattr__(name: str) -> Any:
    if name == "METRICS":
        return load_metrics()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
