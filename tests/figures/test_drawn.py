"""Figures that are made at once, without Plotly's checks, look like those that are made step by step."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import pytest

from core.figures.theme import LIGHT, drawn, shared_layout, styled


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
