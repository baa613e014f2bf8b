"""The lineage: every thing on a line of its own, under what it was made from."""

from __future__ import annotations

import json

import plotly.graph_objects as go

from core.figures.lineage import MAX_NODES, lineage_figure
from core.figures.theme import DARK

NODES = [
    ("reading-0001", "table read", "<b>x</b>", "done", ()),
    ("dataset-0002", "dataset", "census", "done", ("reading-0001",)),
    ("run-0003", "run", "5 epochs", "done", ("dataset-0002",)),
    ("dataset-0004", "dataset", "census, version 2", "done", ("dataset-0002", "reading-gone")),
    ("run-0005", "run", "5 epochs", "failed", ("dataset-0004", "run-0003")),
    ("sample-0006", "sample", "", "waiting", ("run-0003",)),
]


def dots(figure: go.Figure) -> list[tuple[float, float, str]]:
    last = figure.data[-1]
    return list(zip(last.x, last.y, last.text, strict=True))


def test_things_are_below_and_further_in_than_what_they_were_made_from() -> None:
    figure = lineage_figure(NODES)
    places = {text[-4:]: (x, y) for x, y, text in dots(figure)}
    assert places == {
        "0001": (0, 0), "0002": (1, -1), "0003": (2, -2), "0006": (3, -3), "0004": (2, -4), "0005": (3, -5)
    }  # fmt: skip
    # six things, five first parents, and one dotted line from the run whose weights began another
    lines = [one for one in figure.data if one.mode == "lines"]
    assert [one.line.dash for one in lines].count("dot") == 1
    assert len(lines) == 6
    assert "<b>x" not in figure.data[-1].text[0]
    symbols = dict(zip((text[-4:] for _, _, text in dots(figure)), figure.data[-1].marker.symbol, strict=True))
    assert symbols["0006"] == "circle-open"


def test_the_picture_is_one_that_plotly_knows_and_bears_circles_and_very_many_things() -> None:
    plain = json.loads(lineage_figure(NODES, colours=DARK).to_json())
    assert json.loads(go.Figure(plain).to_json()) == plain
    circle = [("run-1", "run", "a", "done", ("run-2",)), ("run-2", "run", "b", "done", ("run-1",))]
    assert len(dots(lineage_figure(circle))) == 2
    many = [(f"run-{at:04d}", "run", "a", "done", (f"run-{at - 1:04d}",)) for at in range(3 * MAX_NODES)]
    assert len(dots(lineage_figure(many))) == MAX_NODES
    assert len(dots(lineage_figure([]))) == 0
