"""Figures that are made at once, without Plotly's checks, are what Plotly would have accepted."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import pytest

from core.figures.columns import column_figure
from core.figures.frontier import frontier_figure, over_epochs_figure
from core.figures.scales import metric_figure
from core.figures.theme import DARK, LIGHT, drawn, shared_layout, styled
from core.records import ColumnPicture
from core.tape import CONTROL, Band, Rule, Series
from tests.figures.examples import ages, jobs, result
from tests.figures.test_frontier import ANCHORS, POINTS, RULES

BANDS = [Band(epoch=epoch, step=10 * epoch, value=0.5, low=0.4, high=0.6, n_seeds=3) for epoch in (1, 4, 16)]
SETTINGS = [Series(label="<b>a", points=POINTS), Series(label="b", points=POINTS[:2])]
LEAST = Rule(metric="utility_kept", at_most=False, limit=0.3)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda colours: column_figure(ages(), colours=colours),
        lambda colours: column_figure(ages(synthetic=(), type="datetime"), colours=colours),
        lambda colours: column_figure(jobs(), colours=colours),
        lambda colours: column_figure(jobs(synthetic=()), colours=colours, height=99),
        lambda colours: column_figure(ColumnPicture(column="x", type="categorical"), colours=colours),
        lambda colours: metric_figure(result(), colours=colours),
        lambda colours: metric_figure(result(low=None, high=None, anchors={}), colours=colours),
        lambda colours: frontier_figure(
            SETTINGS, "utility_kept", "membership_auc", labels={"utility_kept": "U"}, anchors=ANCHORS,
            front={("run-a", 1)}, selected=("run-a", 4), rules=(*RULES, LEAST), colours=colours,
        ),
        lambda colours: over_epochs_figure(
            {"a": BANDS, "b": BANDS}, title="x", anchors={CONTROL: 0.5}, limit=0.3, selected=4, colours=colours
        ),
    ],
)  # fmt: skip
def test_every_property_is_one_that_plotly_knows(draw, colours):
    made = draw(colours)
    plain = json.loads(made.to_json())
    checked = json.loads(go.Figure(plain).to_json())
    assert checked == plain


@pytest.mark.parametrize("legend", [True, False])
def test_a_figure_made_at_once_has_the_layout_of_a_styled_one(legend: bool):
    trace = {"type": "scatter", "x": [1], "y": [2]}
    at_once = drawn([trace], {"xaxis": {"title": {"text": "Epoch"}}}, LIGHT, height=200, legend=legend)
    step_by_step = styled(go.Figure(data=[trace]), LIGHT, height=200, legend=legend)
    step_by_step.update_xaxes(title_text="Epoch")
    assert json.loads(at_once.to_json()) == json.loads(step_by_step.to_json())
    assert at_once.layout.xaxis.title.font.size == 12, "the title's look went with its text"


def test_charts_share_no_layout_that_one_could_change_for_another():
    first = drawn([], {}, LIGHT, height=100)
    first.update_layout(legend={"x": 0.5})
    first.update_xaxes(gridcolor="#000000")
    assert drawn([], {}, LIGHT, height=100).layout.legend.x == 0
    assert shared_layout(LIGHT, 100, True)["xaxis"]["gridcolor"] == LIGHT.grid
    assert first.layout.yaxis.gridcolor == LIGHT.grid, "both axes are one dict"
