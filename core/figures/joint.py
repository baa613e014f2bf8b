"""Two columns together, and whole rows along two directions: real beside synthetic on one colour scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core.figures.text import flat, labels, number, percent, plain, short
from core.figures.theme import LIGHT, Palette, colour_scale, styled
from core.pictures import Axis, JointPicture, ProjectionPicture

HEIGHT = 380


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOfFigures:
    """Two heatmaps whose colours mean the same."""

    real: go.Figure
    synthetic: go.Figure


def cell_texts(axis: Axis) -> list[str]:
    """A text for every cell of an axis, whole and unescaped."""
    bins = [f"{low} to {high}" for low, high in pairwise(_edge(edge, axis) for edge in axis.edges)]
    return [*bins, *axis.labels]


def shares(counts: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """Counts as shares of all rows of their table."""
    matrix = np.asarray(counts, dtype=float)
    return matrix / max(matrix.sum(), 1)


def joint_figures(picture: JointPicture, *, colours: Palette = LIGHT, height: int = HEIGHT) -> PairOfFigures:
    """Share of rows in every cell, real and synthetic.

    Colours follow the square root of the share, so that thin cells are still seen beside the fullest.
    """
    tables = [shares(picture.real), shares(picture.synthetic)]
    top = max(float(one.max()) for one in tables)
    texts = [cell_texts(axis) for axis in (picture.x, picture.y)]
    x, y = (labels(each, 18) for each in texts)
    figures = []
    for place, matrix in enumerate(tables):
        figure = go.Figure()
        figure.add_heatmap(
            z=np.sqrt(matrix),
            x=x,
            y=y,
            customdata=matrix * 100,
            zmin=0,
            zmax=np.sqrt(top) or 1,
            colorscale=colour_scale((colours.background, _ink(colours, place))),
            showscale=False,
            hovertemplate="%{y}<br>%{x}<br>%{customdata:.2f} % of rows<extra></extra>",
        )
        styled(figure, colours, height=height, legend=False)
        figure.update_xaxes(title_text=plain(short(picture.x.name, 40)), type="category", showgrid=False, nticks=8)
        figure.update_yaxes(title_text=plain(short(picture.y.name, 40)), type="category", showgrid=False, nticks=16)
        figures.append(figure)
    return PairOfFigures(real=figures[0], synthetic=figures[1])


def describe_joint(picture: JointPicture) -> str:
    """The cell whose share differs most, as a sentence."""
    real, synthetic = shares(picture.real), shares(picture.synthetic)
    row, column = np.unravel_index(int(np.argmax(np.abs(synthetic - real))), real.shape)
    names = cell_texts(picture.x)[column], cell_texts(picture.y)[row]
    return (
        f"Largest difference: {flat(short(picture.x.name, 40))} {flat(short(names[0], 40))} with "
        f"{flat(short(picture.y.name, 40))} {flat(short(names[1], 40))}, {percent(real[row, column])} of real and "
        f"{percent(synthetic[row, column])} of synthetic rows. Overlap {1 - np.abs(real - synthetic).sum() / 2:.3f} "
        "(1 means the same)."
    )


def projection_figure(picture: ProjectionPicture, *, colours: Palette = LIGHT, height: int = 440) -> go.Figure:
    """Real rows as shading, synthetic rows as contour lines, along the two main directions of the real rows."""
    x, y = (_middles(edges) for edges in (picture.x_edges, picture.y_edges))
    real, synthetic = (shares(picture.counts[name]) for name in ("real", "synthetic"))
    figure = go.Figure()
    figure.add_heatmap(
        z=np.sqrt(real),
        x=x,
        y=y,
        customdata=np.dstack([real, synthetic]) * 100,
        colorscale=colour_scale((colours.background, colours.real)),
        showscale=False,
        hovertemplate="Real %{customdata[0]:.2f} %<br>Synthetic %{customdata[1]:.2f} % of rows<extra></extra>",
        name="Real",
    )
    top = float(np.sqrt(max(synthetic.max(), real.max()))) or 1.0
    figure.add_contour(
        z=np.sqrt(synthetic),
        x=x,
        y=y,
        contours={"coloring": "none", "start": top * 0.08, "end": top * 0.9, "size": top * 0.16},
        line={"color": colours.synthetic, "width": 1.6},
        hoverinfo="skip",
        showscale=False,
        name="Synthetic",
    )
    styled(figure, colours, height=height, legend=False)
    for update, share, number_of in (
        (figure.update_xaxes, picture.explained[0], "First"),
        (figure.update_yaxes, picture.explained[1], "Second"),
    ):
        update(title_text=f"{number_of} component ({percent(share, 0)} of the spread)", showgrid=False, zeroline=False)
    return figure


def describe_projection(picture: ProjectionPicture) -> str:
    """How far the two clouds overlap on the grid, beside what control rows reach."""
    real = shares(picture.counts["real"])

    def overlap(name: str) -> float:
        return float(np.minimum(real, shares(picture.counts[name])).sum())

    beside = f"; control rows reach {overlap('control'):.3f}" if "control" in picture.counts else ""
    return f"On this grid the synthetic rows overlap with the real ones to {overlap('synthetic'):.3f}{beside}."


def _middles(edges: tuple[float, ...]) -> np.ndarray:
    values = np.asarray(edges)
    return (values[1:] + values[:-1]) / 2


def _ink(colours: Palette, place: int) -> str:
    return colours.synthetic if place else colours.real


def _edge(value: float, axis: Axis) -> str:
    if not axis.is_date:
        return number(value)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
    wide = axis.edges[-1] - axis.edges[0] > 2 * 86_400
    return moment.strftime("%Y-%m-%d") if wide else moment.strftime("%Y-%m-%d %H:%M")
