"""How close comparison tables lie to the train rows: what independent columns and a copula give away by chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd

from core.errors import NotApplicable
from core.evaluation.anchors import INDEPENDENT
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.privacy_distances import memorised_share
from core.evaluation.privacy_rows import nearest_rows
from core.records import Scope

MAX_ROWS = 5_000
"""Rows of each comparison table that are searched."""


class ComparedPrivacy:
    """`memorised_share` of every comparison table, at scope `model`; the subject is the table's name."""

    names = ()
    part = Part.PRIVACY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """A result for independent columns and for each table of `Tables.anchors`.

        Raises
        ------
        NotApplicable
            Without control rows.
        """
        tables.need_control(1)
        for name, frame in comparison_frames(tables).items():
            about = {"scope": Scope.MODEL, "subject": (name,)}
            other = dataclasses.replace(tables, synthetic=frame, plan=Plan.QUICK, cache={}, shared={})
            try:
                yield dataclasses.replace(memorised_share(other, nearest_rows(other)), **about)
            except NotApplicable as error:
                yield not_measured("memorised_share", str(error), **about)


def comparison_frames(tables: Tables) -> dict[str, pd.DataFrame]:
    """Independent columns and the tables made elsewhere, at most `MAX_ROWS` rows of each."""
    n_rows = min(len(tables.train), MAX_ROWS)
    generator = tables.generator("comparison rows")
    columns = {
        name: tables.train[name].iloc[generator.integers(0, len(tables.train), n_rows)].reset_index(drop=True)
        for name in tables.train
    }
    found = {INDEPENDENT: pd.DataFrame(columns, copy=False)}
    return found | {name: frame.iloc[:MAX_ROWS].reset_index(drop=True) for name, frame in tables.anchors.items()}


COMPARED_PRIVACY = ComparedPrivacy()
