"""The comparisons of one column, collected as results: shared counts, present values, levels, the calendar."""

from __future__ import annotations

import numpy as np

from core.evaluation import distributions as compare
from core.evaluation.coded import CodedColumn, CodedTable
from core.evaluation.shapes import tv_complement
from core.records import Direction, MetricResult, Scope
from core.schema import ColumnType

SHARE = "share 0 to 1"
P_VALUE = "p-value 0 to 1"
RARE = 0.01
"""A level with a smaller share of the train rows is rare."""

HOUR, DAY = 3_600, 86_400


class Details:
    """Collects the results of one column; what cannot be computed is left out."""

    def __init__(self, name: str, n_rows: int) -> None:
        self.name, self.n_rows = name, n_rows
        self.found: list[MetricResult] = []

    def add(
        self,
        metric: str,
        value: float,
        explanation: str,
        *,
        unit: str = SHARE,
        direction: Direction = Direction.LOWER,
        real: float | None = None,
    ) -> None:
        """Keep a number, unless there is none; `real` is the same statistic of the train rows."""
        if not np.isfinite(value):
            return
        self.found.append(
            MetricResult(
                metric=metric,
                scope=Scope.COLUMN,
                subject=(self.name,),
                value=float(value),
                direction=direction if real is None else Direction.TARGET,
                unit=unit,
                anchors={} if real is None or not np.isfinite(real) else {"train rows": float(real)},
                explanation=explanation,
                n_rows=self.n_rows,
            )
        )

    def both(self, column: CodedColumn, real: CodedTable, other: CodedTable) -> None:
        """Comparisons of counts on bins or levels, and of missing values."""
        counts = [np.bincount(table.codes[column.name], minlength=column.n_codes) for table in (real, other)]
        self.add(
            "missing_share",
            counts[1][-1] / other.n_rows,
            "Share of missing cells.",
            real=counts[0][-1] / real.n_rows,
        )
        self.add(
            "jensen_shannon",
            compare.jensen_shannon(*counts),
            "Jensen-Shannon distance of the shares per bin or level: 0 equal, 1 nothing in common.",
            unit="distance 0 to 1",
        )
        self.add(
            "kl_divergence",
            compare.kl_divergence(*counts),
            "Kullback-Leibler divergence of the synthetic shares from the real ones, half a row added to every cell.",
            unit="nats",
        )
        self.add(
            "density_error",
            compare.density_error(*counts),
            "Mean squared difference of the shares per bin or level.",
            unit="squared share",
        )

    def number(self, column: CodedColumn, real_table: CodedTable, other_table: CodedTable) -> None:
        """Comparisons of present values."""
        real, other = (_present(table.numbers[column.name]) for table in (real_table, other_table))
        if not len(real) or not len(other):
            return
        unit = "seconds" if column.column.type is ColumnType.DATETIME else "in the column's unit"
        when = " (seconds since 1970)" if column.column.type is ColumnType.DATETIME else ""
        with np.errstate(over="ignore", invalid="ignore"):
            self.add("mean", other.mean(), f"Mean of the column{when}.", unit=unit, real=real.mean())
            self.add("standard_deviation", other.std(), "Standard deviation.", unit=unit, real=real.std())
            distance, spread = compare.wasserstein(real, other), float(real.std())
            apart = float(other.mean() - real.mean())
        self.add("wasserstein", distance, "How far values move on average to become the real ones.", unit=unit)
        if spread > 0:
            self.add(
                "mean_difference",
                apart / spread,
                "Synthetic mean minus real mean in standard deviations of the real column: 0 means the same.",
                unit="standard deviations",
                real=0.0,
            )
            self.add(
                "wasserstein_scaled",
                distance / spread,
                "The same in standard deviations of the real column.",
                unit="standard deviations",
            )
        self.add(
            "ks_test",
            compare.ks_p(real, other),
            _p_sentence("Kolmogorov-Smirnov", len(other), "KS complement"),
            unit=P_VALUE,
            direction=Direction.HIGHER,
        )
        self.add(
            "range_coverage",
            compare.range_coverage(real, other),
            "Share of the real range, lowest to highest, that the synthetic values span.",
            direction=Direction.HIGHER,
        )
        self.add(
            "within_range",
            compare.share_within(other, real.min(), real.max()),
            "Share of synthetic values inside the real range.",
            direction=Direction.HIGHER,
        )
        for metric, bounds, what in (
            ("tail_share", compare.tail_bounds(real), "outside the real 1st to 99th percentile"),
            ("outlier_share", compare.fences(real), "beyond one and a half interquartile ranges of the real quartiles"),
        ):
            self.add(
                metric,
                1 - compare.share_within(other, *bounds),
                f"Share of values {what}.",
                real=1 - compare.share_within(real, *bounds),
            )

    def levels(self, column: CodedColumn, real_table: CodedTable, other_table: CodedTable) -> None:
        """Comparisons of levels."""
        real, other = (
            np.bincount(table.codes[column.name], minlength=column.n_codes) for table in (real_table, other_table)
        )
        self.add(
            "chi_square_test",
            compare.chi_square_p(real, other),
            _p_sentence("chi-square", other_table.n_rows, "TV complement"),
            unit=P_VALUE,
            direction=Direction.HIGHER,
        )
        real, other = real[:-1], other[:-1]  # missing is no level to be covered
        known = real > 0
        if known.any():
            self.add(
                "level_coverage",
                np.mean(other[known] > 0),
                f"Share of the {int(known.sum()):,} real levels that the synthetic rows have.",
                direction=Direction.HIGHER,
            )
        if other.sum():
            self.add(
                "known_levels",
                other[known].sum() / other.sum(),
                "Share of synthetic values whose level occurs in the real rows.",
                direction=Direction.HIGHER,
            )
        shares = real / real_table.n_rows
        rare = (shares > 0) & (shares < RARE)
        if rare.any():
            self.add(
                "rare_level_share",
                other[rare].sum() / other_table.n_rows,
                f"Share of rows with one of the {int(rare.sum()):,} levels rarer than {RARE:.0%} in the real rows.",
                real=float(shares[rare].sum()),
            )

    def calendar(self, real: np.ndarray, other: np.ndarray) -> None:
        """Shares of weekdays, months and hours of datetimes."""
        real, other = _present(real), _present(other)
        if not len(real) or not len(other):
            return
        self.add(
            "whole_days",
            np.mean(other % DAY == 0),
            "Share of moments that are a whole day, without a time.",
            real=float(np.mean(real % DAY == 0)),
        )
        parts = {
            "weekday_shape": ("weekdays", lambda seconds: (np.floor(seconds / DAY).astype(np.int64) + 3) % 7, 7),
            "month_shape": ("months", _months, 12),
            "hour_shape": ("hours", lambda seconds: (np.floor(seconds / HOUR).astype(np.int64)) % 24, 24),
        }
        for metric, (what, part, n_parts) in parts.items():
            shares = [np.bincount(part(each), minlength=n_parts) / len(each) for each in (real, other)]
            self.add(
                metric,
                tv_complement(*shares),
                f"TV complement of the shares of {what}: 1 means the same.",
                direction=Direction.HIGHER,
            )


def _present(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _months(seconds: np.ndarray) -> np.ndarray:
    days = np.floor(seconds / DAY).astype(np.int64).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64) % 12


def _p_sentence(test: str, n_rows: int, effect: str) -> str:
    return (
        f"P-value of the {test} test that both tables have one distribution. With {n_rows:,} rows it is near 0 even "
        f"for differences too small to matter: read it beside the {effect}."
    )
