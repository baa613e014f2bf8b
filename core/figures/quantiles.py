"""One column on a line by its quantiles: cumulative shares, and synthetic quantiles against real ones."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.figures.text import number
from core.figures.theme import LIGHT, Palette, styled
from core.records import ColumnPicture

HEIGHT = 250


def has_quantiles(picture: ColumnPicture) -> bool:
    """Whether both tables have quantiles to draw."""
    return bool(picture.real_quantiles and picture.synthetic_quantiles)


def quantiles(picture: ColumnPicture, *, for_axis: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares from 0 to 1, real and synthetic quantiles; dates in milliseconds where they are for an axis."""
    scale = 1000.0 if for_axis and picture.type == "datetime" else 1.0
    real, synthetic = (np.asarray(one) * scale for one in (picture.real_quantiles, picture.synthetic_quantiles))
    return np.linspace(0, 1, len(real)), real, synthetic


def ecdf_figure(picture: ColumnPicture, *, colours: Palette = LIGHT, height: int = HEIGHT) -> go.Figure:
    """Share of rows at or below each value: real solid, synthetic dashed. The largest gap is the KS statistic.

    Parameters
    ----------
    picture : ColumnPicture with quantiles
    colours : Palette
    height : int
        Pixels.
    """
    shares, real, synthetic = quantiles(picture, for_axis=True)
    figure = go.Figure()
    for name, values, colour, dash in (
        ("Real", real, colours.real, "solid"),
        ("Synthetic", synthetic, colours.synthetic, "dash"),
    ):
        figure.add_scatter(
            x=values,
            y=shares * 100,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.2, "shape": "hv"},
            hovertemplate=f"{name}: %{{y:.1f}} % at or below %{{x}}<extra></extra>",
        )
    styled(figure, colours, height=height)
    figure.update_xaxes(nticks=6, showgrid=False, type="date" if picture.type == "datetime" else "linear")
    return figure.update_yaxes(title_text="Rows at or below (%)", range=[0, 101], nticks=5)


def qq_figure(picture: ColumnPicture, *, colours: Palette = LIGHT, height: int = HEIGHT) -> go.Figure:
    """Synthetic quantiles against the real ones at the same shares; on the diagonal they are equal.

    Parameters
    ----------
    picture : ColumnPicture with quantiles
    colours : Palette
    height : int
        Pixels.
    """
    shares, real, synthetic = quantiles(picture, for_axis=True)
    ends = [min(real[0], synthetic[0]), max(real[-1], synthetic[-1])]
    figure = go.Figure()
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        name="Equal",
        line={"color": colours.muted, "dash": "dot", "width": 1.4},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=real,
        y=synthetic,
        mode="lines+markers",
        name="Synthetic against real",
        line={"color": colours.synthetic, "width": 1},
        marker={"color": colours.synthetic, "size": 4},
        customdata=shares * 100,
        hovertemplate="%{customdata:.1f} % of rows: real %{x}, synthetic %{y}<extra></extra>",
    )
    styled(figure, colours, height=height)
    kind = "date" if picture.type == "datetime" else "linear"
    figure.update_xaxes(title_text="Real", nticks=5, type=kind)
    return figure.update_yaxes(title_text="Synthetic", nticks=5, type=kind)


def describe_quantiles(picture: ColumnPicture) -> str:
    """Where the two distributions lie, as a sentence."""
    _, real, synthetic = quantiles(picture)
    middle = len(real) // 2
    if picture.type == "datetime":
        days = (synthetic[middle] - real[middle]) / 86_400
        return f"The synthetic median lies {number(abs(days))} days {'after' if days > 0 else 'before'} the real one."
    return (
        f"Median: real {number(real[middle])}, synthetic {number(synthetic[middle])}. Range: real {number(real[0])} to "
        f"{number(real[-1])}, synthetic {number(synthetic[0])} to {number(synthetic[-1])}."
    )
