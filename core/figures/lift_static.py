"""The lift curve as a still picture for files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from core.figures.lift import arm_colours
from core.figures.theme import LIGHT
from core.lift import ARMS, PR_AUC, REAL_ONLY, LiftReport

_LINES = ("-", "--", ":", "-.", (0, (7, 2)))
_MARKS = ("o", "s", "D", "^", "x")


def lift_picture(reports: Sequence[tuple[str, LiftReport]], *, measure: str = PR_AUC) -> Figure:
    """A still picture: a row of charts for each table, a column for each learner."""
    learners = list(dict.fromkeys(one.learner for _, report in reports for one in report.points))
    figure = Figure(figsize=(5.2 * len(learners), 3.4 * len(reports)), layout="constrained")
    grid = figure.subplots(len(reports), len(learners), squeeze=False)
    for row, (name, report) in enumerate(reports):
        for at, learner in enumerate(learners):
            axes = grid[row][at]
            if not any(one.learner == learner for one in report.points):
                axes.set_visible(False)
                continue
            ratios = sorted({one.ratio for one in report.points if one.arm != REAL_ONLY})
            for place, arm in enumerate(ARMS):
                points = report.curve(learner, arm, measure)
                if not points:
                    continue
                x = ratios if arm == REAL_ONLY else [one.ratio for one in points]
                points = points * len(x) if arm == REAL_ONLY else points
                colour = arm_colours(LIGHT)[arm]
                axes.plot(
                    x, [one.value for one in points], color=colour, linestyle=_LINES[place], marker=_MARKS[place],
                    markersize=4, label=arm,
                )  # fmt: skip
                if arm in (REAL_ONLY, ARMS[-1]):
                    low, high = (np.array([getattr(one, end) for one in points]) for end in ("low", "high"))
                    axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
            axes.set_xscale("log")
            axes.set_xticks(ratios, [f"{one:g}" for one in ratios])
            axes.minorticks_off()
            axes.set_title(f"{name}, {learner}", loc="left", fontsize=10)
            axes.set_ylabel(f"{measure} on control rows", fontsize=9)
            axes.spines[["top", "right"]].set_visible(False)
            if row == len(reports) - 1:
                axes.set_xlabel("Rare rows for each other row, after oversampling", fontsize=9)
    grid[0][0].legend(frameon=False, fontsize=8)
    return figure
