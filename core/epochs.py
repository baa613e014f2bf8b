"""What training tells while it goes on: a record per epoch, a probe of what is learned, a way back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.fields import known_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """What a fixed probe sample and a fixed set of real rows showed at the end of an epoch.

    The probe sample is drawn from the averaged weights, always with the same random numbers, so that from one record to
    the next only the model changes. Columns are those that the schema models, in its order.

    Parameters
    ----------
    n_rows : int
        Rows of the probe sample.
    shapes : tuple of float or None
        Column shape of each column against the train rows, 0 to 1, higher is better; None for a constant column.
    entropies : tuple of float or None
        Entropy of each column's levels or modes in the probe sample over that in the train rows: 1 is as varied as the
        table, 0 is one value alone. None where the train rows' own entropy is below .05 nats.
    lost : tuple of int or None
        Levels or modes of each column that the probe sample lacks although at least ten rows of them were expected.
    train_score, control_score : float or None
        Mean critic score of train rows and of the selection half of the control rows; None without control rows.
    score_gap_error : float or None
        Standard error of their difference.
    score_spread : float or None
        Standard deviation of the scores, pooled over both.
    n_scored : int
        Packs scored on each side.
    """

    n_rows: int
    shapes: tuple[float | None, ...]
    entropies: tuple[float | None, ...]
    lost: tuple[int | None, ...]
    train_score: float | None = None
    control_score: float | None = None
    score_gap_error: float | None = None
    score_spread: float | None = None
    n_scored: int = 0

    @property
    def mean_shape(self) -> float | None:
        """Mean column shape over the columns that have one."""
        known = [one for one in self.shapes if one is not None]
        return sum(known) / len(known) if known else None

    @property
    def score_gap(self) -> float | None:
        """Mean critic score of train rows minus that of control rows; above 0 the critic knows the train rows."""
        if self.train_score is None or self.control_score is None:
            return None
        return self.train_score - self.control_score

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ProbeRecord:
        """Rebuild from `dataclasses.asdict`."""
        return known_fields(cls, {**value, **{name: tuple(value[name]) for name in ("shapes", "entropies", "lost")}})


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What one stretch of training measured: an epoch, or at most 200 steps of one.

    Losses are means over the stretch's steps, with their standard deviation beside them.

    Parameters
    ----------
    epoch : int
        Epoch that the stretch belongs to, from 1.
    step : int
        Generator steps since the start of the run.
    epoch_done : bool
        Whether the stretch ends its epoch.
    seconds : float
        Wall time of the stretch.
    rows_per_second : float
        Real rows seen per second of the stretch.
    generator_loss, generator_loss_std : float
        Minus the mean critic score of drawn rows, plus the conditional cross-entropy.
    discriminator_loss, discriminator_loss_std : float
        Mean score of drawn packs minus mean score of real packs; without the penalty.
    gradient_penalty : float
        The penalty's contribution (weight 10 included).
    conditional_loss : float
        Cross-entropy of the requested level, in nats.
    generator_gradient_norm, discriminator_gradient_norm : float
        Euclidean norm over all weights, mean over steps.
    gradient_penalty_std, conditional_loss_std, generator_gradient_norm_std, discriminator_gradient_norm_std : float
        Standard deviations over the stretch's steps of the numbers above.
    learning_rate : float or None
        Of both networks after the stretch, before warm-up; None where it was not noted.
    probe : ProbeRecord or None
        What a fixed probe sample showed at the epoch's end; None between two probes.
    """

    epoch: int
    step: int
    epoch_done: bool
    seconds: float
    rows_per_second: float
    generator_loss: float
    generator_loss_std: float
    discriminator_loss: float
    discriminator_loss_std: float
    gradient_penalty: float
    conditional_loss: float
    generator_gradient_norm: float
    discriminator_gradient_norm: float
    gradient_penalty_std: float = 0.0
    conditional_loss_std: float = 0.0
    generator_gradient_norm_std: float = 0.0
    discriminator_gradient_norm_std: float = 0.0
    learning_rate: float | None = None
    probe: ProbeRecord | None = None

    @property
    def critic_gap(self) -> float:
        """Mean critic score of real packs minus that of drawn ones: the critic's estimate of their distance."""
        return -self.discriminator_loss

    @property
    def critic_gap_std(self) -> float:
        """Standard deviation of the gap over the stretch's steps."""
        return self.discriminator_loss_std

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a stretch without a probe has no such field."""
        value = dataclasses.asdict(self)
        return value if self.probe is not None else {name: item for name, item in value.items() if name != "probe"}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> EpochRecord:
        """Rebuild a record from `to_json`; unknown fields of later versions are ignored."""
        probe = value.get("probe")
        return known_fields(cls, {**value, "probe": None if probe is None else ProbeRecord.from_json(probe)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """One time that a run went back to a checkpoint and on with half its learning rate.

    Parameters
    ----------
    epoch, step : int
        Where the trouble was seen.
    to_epoch, to_step : int
        Where it went back to; 0 is the start.
    learning_rate : float
        With which it went on.
    reason : str
        `diverged` or `collapsed`.
    words : str
        What was seen, for the analyst.
    abandoned : tuple of (epoch, generator loss, discriminator loss)
        The stretch that was given up, at most 200 points of it.
    """

    epoch: int
    step: int
    to_epoch: int
    to_step: int
    learning_rate: float
    reason: str
    words: str
    abandoned: tuple[tuple[int, float | None, float | None], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"abandoned": [list(one) for one in self.abandoned]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rollback:
        """Rebuild from `to_json`."""
        return known_fields(cls, {**value, "abandoned": tuple(tuple(one) for one in value.get("abandoned", ()))})
