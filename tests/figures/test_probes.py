"""The strip of column shapes, the critic's view of train and control rows, rollbacks and two runs on one chart."""

from __future__ import annotations

import dataclasses

from core.figures.probes import STRIP_COLUMNS, probes_of, score_gap_figure, shape_strip, strip_columns
from core.figures.training import MEASURES, comparison_figure, loss_figure, measure_curve, measure_figure
from core.limits import CURVE_POINTS
from core.records import EpochRecord, ProbeRecord, Rollback
from tests.figures.examples import HOSTILE, record


def probed(epoch: int, shapes: tuple[float | None, ...], gap: float | None = None) -> EpochRecord:
    scores = {} if gap is None else {"train_score": gap, "control_score": 0.0, "score_gap_error": 0.1}
    probe = ProbeRecord(
        n_rows=2000, shapes=shapes, entropies=(1.0,) * len(shapes), lost=(0, 2, *(0,) * len(shapes))[: len(shapes)],
        **scores,
    )  # fmt: skip
    return dataclasses.replace(record(epoch, 10 * epoch), probe=probe)


def test_the_strip_shows_the_worst_column_first_and_leaves_constant_ones_out():
    records = [probed(1, (0.9, 0.6, None)), record(2, 20), probed(3, (0.95, 0.7, None))]
    figure = shape_strip(records, ["good", "bad", "constant"])
    assert list(figure.layout.yaxis.ticktext) == ["bad", "good"]
    assert list(figure.data[0].z[0]) == [0.6, 0.7]
    assert list(figure.data[0].x) == ["1", "3"]
    assert "2 levels or ranges lost" in figure.data[0].text[0][0]


def test_names_in_the_strip_are_text():
    figure = shape_strip([probed(1, (0.5,) * len(HOSTILE))], HOSTILE)
    assert all("<" not in label and "$" not in label for label in figure.layout.yaxis.ticktext)


def test_a_wide_table_shows_its_worst_columns_and_a_long_run_at_most_the_allowed_probes():
    shapes = tuple(at / 300 for at in range(300))
    records = [probed(epoch, shapes) for epoch in range(1, CURVE_POINTS * 2)]
    assert strip_columns(records) == list(range(STRIP_COLUMNS))
    assert len(probes_of(records)) == CURVE_POINTS
    assert probes_of(records)[-1][0] == records[-1].epoch
    assert len(shape_strip(records, [str(at) for at in range(300)]).data[0].x) == CURVE_POINTS


def test_nothing_probed_yet_is_drawn_empty():
    assert strip_columns([record(1, 10)]) == []
    assert len(shape_strip([record(1, 10)], ["a"]).data) == 1
    assert len(score_gap_figure([record(1, 10)]).data) == 1


def test_the_gap_has_an_interval_of_95_percent():
    band, line = score_gap_figure([probed(1, (0.5,), gap=0.3), probed(2, (0.5,), gap=0.1)]).data
    assert list(line.y) == [0.3, 0.1]
    assert max(band.y) == 0.3 + 1.96 * 0.1


def test_a_rollback_is_marked_and_its_stretch_drawn():
    back = Rollback(
        epoch=9, step=90, to_epoch=4, to_step=40, learning_rate=2.5e-4, reason="diverged", words="x",
        abandoned=((5, 1.0, 2.0), (6, None, 3.0)),
    )  # fmt: skip
    figure = loss_figure([record(1, 10), record(5, 50)], rollbacks=[back])
    dotted = [trace for trace in figure.data if trace.line.dash == "dot"]
    assert [list(trace.x) for trace in dotted] == [[5], [5, 6]]
    assert figure.layout.shapes[0].x0 == 4
    assert "0.00025" in figure.layout.annotations[0].text


def test_every_measure_can_be_drawn_and_compared():
    records = [probed(1, (0.5, 0.7)), probed(2, (0.6, 0.8))]
    for measure in MEASURES:
        assert len(measure_curve(records, measure).mean) == 2
        figure = comparison_figure({"one": records, "two": records[:1]}, measure)
        assert [trace.name for trace in figure.data] == ["one", "two"]
        assert figure.data[0].line.dash != figure.data[1].line.dash
    assert measure_curve(records, "mean_shape").mean.tolist() == [0.6, 0.7]
    two = measure_figure(records, ("critic_gap", "gradient_penalty"), names=("Gap", "Penalty"))
    assert [trace.name for trace in two.data if trace.name] == ["Gap", "Penalty"]
