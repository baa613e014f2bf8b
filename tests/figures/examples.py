"""Pictures and records that tests of figures share."""

from __future__ import annotations

from core.records import ColumnPicture, CorrelationPicture, DistanceCurve, EpochRecord, MetricResult

HOSTILE = ("<script>alert(1)</script>", "$\\frac{a}{b}$", "**bold** _it_", ":smile: :red[x]", "a & b", "line\nbreak")


def ages(**changes) -> ColumnPicture:
    about = {
        "column": "age", "type": "continuous", "edges": (0.0, 10.0, 20.0), "real": (30, 60), "synthetic": (10, 30),
        "real_missing": 10, "synthetic_missing": 0,
    }  # fmt: skip
    return ColumnPicture(**{**about, **changes})


def jobs(**changes) -> ColumnPicture:
    about = {
        "column": "job",
        "type": "categorical",
        "labels": ("a", "b", "c"),
        "real": (5, 3, 2),
        "synthetic": (2, 2, 0),
    }
    return ColumnPicture(**{**about, **changes})


def pairs() -> CorrelationPicture:
    return CorrelationPicture(
        columns=("a", "b", "c"),
        kind="Pearson",
        real=((1.0, 0.5, None), (0.5, 1.0, None), (None, None, None)),
        synthetic=((1.0, 0.1, None), (0.1, 1.0, None), (None, None, None)),
    )


def curve() -> DistanceCurve:
    return DistanceCurve(
        name="dcr",
        label="Distance (higher is better)",
        grid=(0.0, 0.5, 1.0),
        series={
            "synthetic to train rows": (0.0, 0.6, 1.0),
            "synthetic to control rows": (0.0, 0.5, 1.0),
            "control to train rows": (0.1, 0.7, 1.0),
        },
    )


def record(epoch: int, step: int, *, generator: float = 0.0, spread: float = 0.0, done: bool = True) -> EpochRecord:
    return EpochRecord(
        epoch=epoch, step=step, epoch_done=done, seconds=1.0, rows_per_second=100.0, generator_loss=generator,
        generator_loss_std=spread, discriminator_loss=-generator, discriminator_loss_std=spread, gradient_penalty=0.1,
        conditional_loss=1.0, generator_gradient_norm=1.0, discriminator_gradient_norm=1.0,
    )  # fmt: skip


def result(**changes) -> MetricResult:
    about = {
        "metric": "column_shapes", "value": 0.9, "low": 0.88, "high": 0.92, "interval": "95 %",
        "anchors": {"control rows": 0.99, "control rows low": 0.98, "control rows high": 0.995},
    }  # fmt: skip
    return MetricResult(**{**about, **changes})
