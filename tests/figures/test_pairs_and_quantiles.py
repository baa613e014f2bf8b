"""Joint pictures, quantiles, whole rows, clustered heatmaps, the numbers behind them, and their still versions."""

import io

import numpy as np
import pytest

from core.figures import behind, static_pairs
from core.figures.correlations import clustered
from core.figures.joint import cell_texts, describe_joint, describe_projection, joint_figures, projection_figure
from core.figures.quantiles import describe_quantiles, ecdf_option, has_quantiles, qq_option
from core.figures.scales import Rate
from core.figures.static import save_figure
from core.figures.theme import DARK
from core.pictures import Axis, JointPicture, ProjectionPicture
from core.records import CorrelationPicture
from tests.figures.examples import HOSTILE, ages, jobs, pairs, result


def joint() -> JointPicture:
    return JointPicture(
        x=Axis(name=HOSTILE[0], edges=(0.0, 1.0, 2.0), labels=("(missing)",)),
        y=Axis(name=HOSTILE[1], labels=(HOSTILE[2], HOSTILE[3])),
        real=((5, 0, 0), (0, 4, 1)),
        synthetic=((2, 3, 0), (0, 5, 0)),
    )


def projection() -> ProjectionPicture:
    counts = tuple(tuple(row) for row in (np.arange(16).reshape(4, 4)).tolist())
    return ProjectionPicture(
        label="Components",
        x_edges=(0.0, 1.0, 2.0, 3.0, 4.0),
        y_edges=(0.0, 1.0, 2.0, 3.0, 4.0),
        explained=(0.6, 0.2),
        counts={"real": counts, "synthetic": counts[::-1], "control": counts},
    )


def with_quantiles(**changes):
    return ages(real_quantiles=(0.0, 5.0, 20.0), synthetic_quantiles=(1.0, 6.0, 12.0), **changes)


def test_both_joint_pictures_share_one_scale_and_names_stay_text():
    figures = joint_figures(joint())
    assert figures.real.data[0].zmax == figures.synthetic.data[0].zmax == pytest.approx(np.sqrt(0.5))
    assert figures.real.data[0].customdata.tolist()[0] == [50.0, 0.0, 0.0]
    assert "<script" not in str(figures.real.to_json())
    assert cell_texts(joint().x) == ["0 to 1", "1 to 2", "(missing)"]
    # overlap: min per cell .2 + 0 + .4 = .2 + .4; half of |differences| .3 + .3 + .1 + .1 = .4
    assert "Overlap 0.600" in describe_joint(joint())


def test_quantiles_are_drawn_for_numbers_and_dates_only():
    assert not has_quantiles(jobs())
    equal, points = qq_option(with_quantiles(), colours=DARK)["series"]
    assert equal["data"] == [[0.0, 0.0], [20.0, 20.0]]
    assert points["data"] == [[0.0, 1.0, 0.0], [5.0, 6.0, 50.0], [20.0, 12.0, 100.0]]
    dates = ecdf_option(with_quantiles(type="datetime"), title="when")
    assert dates["xAxis"]["type"] == "time"
    real, synthetic = (one["data"] for one in dates["series"])
    places = [0.0, 1_000.0, 5_000.0, 6_000.0, 12_000.0, 20_000.0]
    assert [x for x, _ in real] == [x for x, _ in synthetic] == places, "hovering tells both tables"
    assert [y for _, y in real] == [0.0, 0.0, 50.0, 50.0, 50.0, 100.0]
    assert [y for _, y in synthetic] == [0.0, 0.0, 0.0, 50.0, 100.0, 100.0]
    assert dates["title"][0]["text"] == "when"
    assert "Median: real 5, synthetic 6" in describe_quantiles(with_quantiles())


def test_the_view_of_whole_rows_says_what_control_rows_reach():
    assert "control rows reach 1.000" in describe_projection(projection())
    assert "60 %" in projection_figure(projection()).layout.xaxis.title.text


def test_clustering_puts_related_columns_beside_each_other_and_loses_none():
    r = np.eye(4)
    r[0, 2] = r[2, 0] = 0.9
    r[1, 3] = r[3, 1] = 0.8
    rows = tuple(tuple(row) for row in r.tolist())
    picture = clustered(CorrelationPicture(columns=("a", "b", "c", "d"), kind="r", real=rows, synthetic=rows))
    places = {name: place for place, name in enumerate(picture.columns)}
    assert abs(places["a"] - places["c"]) == abs(places["b"] - places["d"]) == 1
    assert picture.real[places["a"]][places["c"]] == 0.9
    assert set(clustered(pairs()).columns) == {"a", "b", "c"}


def test_the_numbers_behind_every_chart_are_a_table():
    frame = behind.joint_numbers(joint())
    assert frame["real_rows"].sum() == 10
    assert len(frame) == 6
    assert behind.column_numbers(ages())["real_share"].sum() == pytest.approx(0.9)
    assert behind.quantile_numbers(with_quantiles())["real"].tolist() == [0, 5, 20]
    assert behind.quantile_numbers(with_quantiles(type="datetime"))["real"].dt.second.tolist() == [0, 5, 20]
    assert behind.correlation_numbers(pairs()).iloc[0].tolist()[:2] == ["a", "b"]
    assert behind.projection_numbers(projection())["real_rows"].sum() == 120
    assert behind.scale_numbers(result())["name"].tolist() == ["value", "control rows"]
    assert behind.rate_numbers([Rate(label="x", value=0.5)])["value"].tolist() == [0.5]


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda: static_pairs.joint_picture(joint()),
        lambda: static_pairs.projection_picture(projection()),
        lambda: static_pairs.ecdf_picture(with_quantiles(type="datetime", column=HOSTILE[1])),
        lambda: static_pairs.qq_picture(with_quantiles()),
        lambda: static_pairs.scale_picture(result(), "Column shapes"),
        lambda: static_pairs.rate_picture([Rate(label="$x$", value=0.5, low=0.4, high=0.7)], "AUC"),
    ],
)
def test_every_chart_has_a_still_version(draw, kind):
    target = io.BytesIO()
    save_figure(draw(), target, kind=kind)
    assert target.getvalue()[:5] in (b"\x89PNG\r", b"<?xml")
