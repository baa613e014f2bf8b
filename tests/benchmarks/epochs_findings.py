"""What the study of epochs against privacy found: where each test leaves its null, the means, and the picture.

    python -m tests.benchmarks.epochs_findings --results FILE --picture FILE

A test has left its null at the first judged step from which on its mean over seeds lies above the null with an interval
(Student's t over seeds) that holds for all judged steps of the setting together: level 1 - .05 / steps (Bonferroni).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from core.evaluation.rates import simultaneous_level
from core.evaluation.repetition import FEWEST_SEEDS, bands
from core.figures.static import save_figure
from core.figures.theme import LIGHT
from core.tape import Band
from tests.benchmarks.epochs_against_privacy import LARGE, PACS, RESULTS, SMALL, points, read_lines

NULLS = {
    "membership_auc by distance": 0.5,
    "dcr_share": 0.5,
    "memorised_share": 0.0,
    "singling_out_univariate": 0.0,
    "singling_out_multivariate": 0.0,
}
"""What a test shows where nothing leaks. The largest of all membership attacks has no such number (see the page)."""
SHOWN = ("utility_kept", "pair_trends", "membership_auc by distance", "memorised_share")
LABELS = {
    "utility_kept": "Utility kept",
    "pair_trends": "Pair trends",
    "membership_auc by distance": "Membership by distance, AUC",
    "memorised_share": "Memorised share",
}


def curve(lines: list[dict[str, Any]], n_train: int, pac: int, metric: str) -> list[Band]:
    """A metric over the steps that all seeds reached, with the simultaneous band of the seeds."""
    ones = points(lines, n_train, pac)
    seeds = {step: {one.seed for one in ones if one.epoch == step} for step in {one.epoch for one in ones}}
    most = max(map(len, seeds.values()), default=0)
    ones = [one for one in ones if len(seeds[one.epoch]) == most]
    n_steps = len({one.epoch for one in ones})
    return bands(ones, metric, level=simultaneous_level(max(1, n_steps)))


def onset(curve: Sequence[Band], null: float) -> Band | None:
    """First judged step from which on every mean lies above the null for certain; None where the last does not.

    Points of a single seed say nothing here: their intervals know nothing of the luck of training.
    """
    found = None
    for band in curve:
        above = band.n_seeds >= FEWEST_SEEDS and band.low is not None and band.low > null
        found = (found or band) if above else None
    return found


def findings(lines: list[dict[str, Any]]) -> Iterator[str]:
    """A table in Markdown: where each test leaves its null, and what utility is there and at the end."""
    heads = (
        "train rows",
        "pac",
        "seeds",
        "last step",
        "test",
        "leaves its null at",
        "value there",
        "utility kept there",
    )
    yield "| " + " | ".join((*heads, "at the end")) + " |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for n_train in (*SMALL, LARGE):
        for pac in PACS:
            kept = {band.epoch: band for band in curve(lines, n_train, pac, "utility_kept")}
            for name, null in NULLS.items():
                ones = curve(lines, n_train, pac, name)
                if not ones:
                    continue
                first = onset(ones, null)
                where = ("not seen", "–", "–") if first is None else (
                    f"{first.epoch:,} steps", told(first), told(kept.get(first.epoch))
                )  # fmt: skip
                cells = (f"{n_train:,}", str(pac), str(ones[-1].n_seeds), f"{ones[-1].epoch:,}", name.replace("_", " "))
                yield "| " + " | ".join((*cells, *where, told(ones[-1]))) + " |"


TOLD = {
    "utility_kept": ("utility kept", 2),
    "pair_trends": ("pair trends", 3),
    "membership_auc": ("membership AUC", 3),
    "membership_auc by distance": ("by distance alone", 3),
    "dcr_share": ("DCR share", 3),
    "memorised_share": ("memorised share", 3),
    "singling_out_univariate": ("singling out", 3),
}
"""Metrics of the table of means, and decimals of each."""


def means(lines: list[dict[str, Any]], first: int = 200) -> Iterator[str]:
    """A table in Markdown: means over seeds at the steps from `first` on that all seeds of a setting reached."""
    yield "| train rows, pac | seeds | steps | " + " | ".join(label for label, _ in TOLD.values()) + " |"
    yield "|---|---|---|" + "---|" * len(TOLD)
    for n_train in (*SMALL, LARGE):
        for pac in PACS:
            curves = {name: [one for one in curve(lines, n_train, pac, name) if one.epoch >= first] for name in TOLD}
            steps = curves["utility_kept"]
            if not steps:
                continue
            cells = [" / ".join(f"{one.epoch:,}" for one in steps)]
            for name, (_, decimals) in TOLD.items():
                cells.append(" / ".join(_without_zero(one.value, decimals) for one in curves[name]))
            yield f"| {n_train:,}, {pac} | {steps[-1].n_seeds} | " + " | ".join(cells) + " |"


def _without_zero(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def told(band: Band | None) -> str:
    """A value with its interval."""
    if band is None:
        return "–"
    if band.low is None or band.high is None:
        return f"{band.value:.3f}"
    return f"{band.value:.3f} ({band.low:.3f} to {band.high:.3f})"


def picture(lines: list[dict[str, Any]]) -> Figure:
    """A row of charts for each metric, a column for each number of train rows; one line for each pack size."""
    sizes = [n for n in (*SMALL, LARGE) if any(line["n_train"] == n and line["copied"] is None for line in lines)]
    figure = Figure(figsize=(3.3 * len(sizes) + 0.6, 2.3 * len(SHOWN)), layout="constrained")
    grid = figure.subplots(len(SHOWN), len(sizes), squeeze=False, sharex="col", sharey="row")
    styles = dict(zip(PACS, ((LIGHT.real, "-", "o"), (LIGHT.synthetic, "--", "s")), strict=True))
    for row, metric in enumerate(SHOWN):
        for column, n_train in enumerate(sizes):
            axes = grid[row][column]
            if metric in NULLS:
                axes.axhline(NULLS[metric], color=LIGHT.muted, linewidth=1, linestyle=":")
            for pac, (colour, line, mark) in styles.items():
                ones = curve(lines, n_train, pac, metric)
                if not ones:
                    continue
                x = [band.epoch for band in ones]
                axes.plot(
                    x, [band.value for band in ones], color=colour, linestyle=line, marker=mark, markersize=3.5,
                    label=f"pac {pac}",
                )  # fmt: skip
                # the interval of two seeds is as wide as the page and says nothing
                if all(band.low is not None and band.n_seeds > FEWEST_SEEDS for band in ones):
                    axes.fill_between(
                        x, [band.low for band in ones], [band.high for band in ones], color=colour, alpha=0.15,
                        linewidth=0,
                    )  # fmt: skip
            axes.set_xscale("log")
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(labelsize=8)
            if not row:
                axes.set_title(f"{n_train:,} train rows", loc="left", fontsize=10)
            if not column:
                axes.set_ylabel(LABELS[metric], fontsize=9)
            if row == len(SHOWN) - 1:
                axes.set_xlabel("Generator steps", fontsize=9)
    # bands of few seeds are wide; the means set the scale
    for row, metric in enumerate(SHOWN):
        values = [band.value for n in sizes for pac in PACS for band in curve(lines, n, pac, metric)] + [
            NULLS.get(metric, 1.0)
        ]
        room = 0.08 * (max(values) - min(values) or 1.0)
        grid[row][0].set_ylim(min(values) - 2 * room, max(values) + 2 * room)
    grid[0][0].legend(frameon=False, fontsize=8)
    return figure


def main() -> None:
    """Print the table, and write the picture where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    lines = read_lines(chosen.results)
    for text in (*findings(lines), "", *means(lines)):
        print(text)
    if chosen.picture:
        save_figure(picture(lines), chosen.picture)
        print(json.dumps({"picture": chosen.picture.name}))


if __name__ == "__main__":
    main()
