"""A fixed probe sample and fixed real rows, looked at between epochs: what is learned, what is lost, what is memorised.

Nothing here touches the run: weights are read, random numbers are the probe's own and are drawn once, so a run with a
probe trains bit for bit as one without, and the probe of a resumed run sees what it would have seen. It looks at what
the networks have learned: shares that are put right when a model is saved are not put right here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from core.records import ProbeRecord
from core.synthesis.checkpoint import averaged_into
from core.synthesis.columns import ConstantCode, LevelCode, NumberCode
from core.synthesis.conditional import on_device
from core.synthesis.encode import Encoded, Span
from core.synthesis.networks import Generator, gumbel_noise
from core.synthesis.setup import Training
from core.tables import as_numbers

PROBE_ROWS = 2_000
"""Rows drawn, and at most as many real rows scored on each side: the standard error of a share is below .012."""
FEWEST_ROWS = 200
MOST_NUMBERS = 4_000_000
"""Rows times slots of a probe; wide tables are probed with fewer rows."""
STEPS_BETWEEN = 25
"""A probe costs less than a training step; tables with shorter epochs are probed every few epochs."""
REFERENCE_POINTS = 20_000
"""Order statistics kept of a number column: its distribution is exact to 1 / 20,000."""
RANGES = 20
"""Value ranges of a number column with equal shares of train rows; what is lost is counted in them."""
EXPECTED_ROWS = 10
"""A level is called lost only where so many rows of it were expected: none of them by chance has probability e^-10."""
LEAST_ENTROPY = 0.05
"""Nats; columns with less are nearly constant, and a ratio of their entropies says nothing."""


@dataclass(slots=True, kw_only=True)
class _Numbers:
    """The train rows' distribution of a number column: order statistics, edges of ranges, share of missing values."""

    ordered: np.ndarray
    edges: np.ndarray
    missing: float
    shares: np.ndarray


@dataclass(slots=True, kw_only=True)
class _Scored:
    """Real rows that the critic scores: encoded, with a condition of their own each."""

    scalars: Tensor
    slots: Tensor
    ids: Tensor | None


class Probe:
    """What is drawn and scored at the end of chosen epochs. Made by `make_probe`.

    Parameters
    ----------
    every : int
        Epochs between two probes.
    n_rows : int
    """

    def __init__(self, training: Training, frame: pd.DataFrame, n_rows: int) -> None:
        self.every = max(1, math.ceil(STEPS_BETWEEN / training.steps_per_epoch))
        self.n_rows = n_rows
        config, layout, device = training.config, training.encoder.layout, training.device
        random = torch.Generator().manual_seed(config.seed)
        self.noise = torch.randn(n_rows, config.noise_size, generator=random).to(device)
        self.gumbel = gumbel_noise((n_rows, layout.width), torch.empty(0), random).to(device)
        self.calibration = torch.randn(n_rows, config.noise_size, generator=random).to(device)
        self.ids = self.calibration_ids = None
        conditions = training.conditions
        if len(conditions):
            true = torch.from_numpy(conditions.chances(log=False))
            asked = torch.from_numpy(
                conditions.chances(
                    log=config.frequency == "log", favourite=training.target, favourite_share=config.target_share
                )
            )
            self.ids = torch.multinomial(true, n_rows, replacement=True, generator=random).to(device)
            self.calibration_ids = torch.multinomial(asked, n_rows, replacement=True, generator=random).to(device)
        with torch.device(device):
            self.generator = Generator(config.noise_size, len(conditions), layout.width, config.generator_layers)
        self.generator.requires_grad_(False)
        slots = training.slots.cpu().numpy()
        rules = training.encoder.rules
        frame = rules.hide(frame) if rules else frame  # columns behind constraints are judged as the networks see them
        self.levels: dict[str, np.ndarray] = {}
        self.numbers: dict[str, _Numbers] = {}
        for at, span in enumerate(layout.spans):
            if span.is_levels:
                counts = np.bincount(slots[:, at] - span.start, minlength=span.width)
                self.levels[span.column] = counts / counts.sum()
            else:
                self.numbers[span.column] = _numbers_of(as_numbers(frame[span.column]))
        self.train: _Scored | None = None
        self.control: _Scored | None = None

    def is_due(self, epoch: int) -> bool:
        """Whether the end of `epoch` is probed; decided by the epoch alone, so that a resumed run decides alike."""
        return epoch == 1 or epoch % self.every == 0

    @torch.no_grad()
    def measure(self, training: Training) -> ProbeRecord:
        """Draw the probe sample from the averaged weights and score the real rows."""
        averaged_into(training, self.generator)
        self.generator.forward_training(self.calibration, self.calibration_ids, keep_statistics=True)
        logits = self.generator(self.noise, self.ids)
        layout = training.encoder.layout
        noisy = logits + self.gumbel
        chosen = [noisy[:, span.start : span.start + span.width].argmax(dim=1) for span in layout.spans]
        slots = torch.stack(chosen, dim=1).cpu().numpy() if chosen else np.zeros((self.n_rows, 0), np.int64)
        scalars = torch.tanh(logits[:, : layout.n_scalars]).cpu().numpy()
        spans = {span.column: (at, span) for at, span in enumerate(layout.spans)}
        places = {name: at for at, name in enumerate(layout.scalars)}
        shapes, entropies, lost = [], [], []
        for code in training.encoder.codes:
            if isinstance(code, ConstantCode):
                found: tuple[float | None, float | None, int | None] = (None, None, None)
            elif isinstance(code, NumberCode):
                at, _ = spans[code.column]
                scalar = scalars[:, places[code.column]] if code.has_scalar else None
                found = _number_column(self.numbers[code.column], as_numbers(code.decode(slots[:, at], scalar)))
            else:
                at, span = spans[code.column]
                found = _level_column(self.levels[code.column], slots[:, at], span)
            for values, value in zip((shapes, entropies, lost), found, strict=True):
                values.append(value)
        return ProbeRecord(
            n_rows=self.n_rows, shapes=tuple(shapes), entropies=tuple(entropies), lost=tuple(lost),
            **self._scores(training),
        )  # fmt: skip

    def _scores(self, training: Training) -> dict[str, float | int]:
        """Mean critic scores of train and control rows, with the standard error of their difference (Welch)."""
        if self.train is None or self.control is None:
            return {}
        train, control = (_critic_scores(training, rows) for rows in (self.train, self.control))
        n = len(train)
        variances = train.var(ddof=1), control.var(ddof=1)
        return {
            "train_score": _short(train.mean()),
            "control_score": _short(control.mean()),
            "score_gap_error": _short(math.sqrt(sum(variances) / n)),
            "score_spread": _short(math.sqrt(sum(variances) / 2)),
            "n_scored": n,
        }


def make_probe(
    training: Training, train: pd.DataFrame, control: pd.DataFrame | None = None, *, group: str | None = None
) -> Probe:
    """The probe of a run.

    Parameters
    ----------
    training : Training
    train : work frame of the train rows
    control : work frame of the selection half of the control rows, optional
        Encoded with the train rows' encoder in order to be scored; nothing is fitted on it.
    group : str, optional
        Entity column: one row of each entity is scored, since rows of one entity are not independent.

    Notes
    -----
    A control row with a level that no train row has would be told apart by that alone, so it is not scored; nor is a
    train row whose level no other train row has, which would have been such a row on the other side.
    """
    width = max(1, training.encoder.layout.width)
    n_rows = max(FEWEST_ROWS, min(PROBE_ROWS, MOST_NUMBERS // width))
    probe = Probe(training, train, n_rows)
    if control is None or not len(control):
        return probe
    rng = np.random.default_rng([training.config.seed, 2])
    pac = training.config.pac
    rows = [_kept(training, train, part, fewest, group, rng) for part, fewest in ((train, 2), (control, 1))]
    n = min(n_rows, *(len(one) for one in rows)) // pac * pac
    if n >= 2 * pac:
        probe.train, probe.control = (_scored(training, one.iloc[:n], rng) for one in rows)
    return probe


def is_finite(training: Training) -> bool:
    """Whether every weight of both networks is a finite number."""
    weights = (*training.generator.parameters(), *training.discriminator.parameters(), *training.averaged)
    return all(bool(torch.isfinite(one).all()) for one in weights)


def device_bytes(training: Training) -> int | None:
    """Most memory of the accelerator that tensors have taken so far; None on a processor."""
    return torch.cuda.max_memory_allocated(training.device) if training.device.type == "cuda" else None


def _kept(
    training: Training,
    train: pd.DataFrame,
    part: pd.DataFrame,
    fewest: int,
    group: str | None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Rows of `part` in random order whose every level `fewest` train rows have; one row of each entity."""
    keep = np.ones(len(part), dtype=bool)
    for code in training.encoder.codes:
        if isinstance(code, LevelCode):
            codes = train[code.column].cat.codes.to_numpy()
            counts = np.bincount(codes + 1, minlength=len(train[code.column].cat.categories) + 1)
            known = dict(zip(map(str, train[code.column].cat.categories), counts[1:].tolist(), strict=True))
            series = part[code.column]
            table = np.array([*(known.get(str(one), 0) for one in series.cat.categories), counts[0]])
            keep &= table[series.cat.codes.to_numpy()] >= fewest
    found = part.iloc[rng.permutation(np.flatnonzero(keep))]
    return found if group is None or group not in found else found.drop_duplicates(group)


def _scored(training: Training, rows: pd.DataFrame, rng: np.random.Generator) -> _Scored:
    encoded: Encoded = training.encoder.encode(rows, rng)
    ids = None
    spans = training.conditions.spans
    if spans:
        index = {span.column: at for at, span in enumerate(training.encoder.layout.spans)}
        own = np.stack(
            [
                encoded.slots[:, index[span.column]] - span.start + first
                for span, first in zip(spans, training.conditions.first_ids, strict=True)
            ],
            axis=1,
        )
        ids = on_device(
            own[np.arange(len(own)), rng.integers(0, len(spans), len(own))].astype(np.int64), training.device
        )
    return _Scored(
        scalars=on_device(encoded.scalars, training.device), slots=on_device(encoded.slots, training.device), ids=ids
    )


def _critic_scores(training: Training, rows: _Scored) -> np.ndarray:
    """Scores of packs, without dropout."""
    critic = training.discriminator
    wide = F.pad(rows.scalars, (0, training.encoder.layout.width - rows.scalars.shape[1]))
    wide = wide.scatter_(1, rows.slots.long(), 1.0)
    return critic.score(critic.first_layer(wide) + critic.condition_part(rows.ids)).cpu().double().numpy()


def _numbers_of(values: np.ndarray) -> _Numbers:
    present = np.sort(values[np.isfinite(values)])
    missing = 1 - len(present) / len(values) if len(values) else 0.0
    if len(present) > REFERENCE_POINTS:
        present = present[np.linspace(0, len(present) - 1, REFERENCE_POINTS).round().astype(np.int64)]
    edges = np.unique(np.quantile(present, np.arange(1, RANGES) / RANGES)) if len(present) else np.empty(0)
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    shares = np.append(counts / max(1, counts.sum()) * (1 - missing), missing)
    return _Numbers(ordered=present, edges=edges, missing=missing, shares=shares)


def _number_column(real: _Numbers, drawn: np.ndarray) -> tuple[float, float | None, int]:
    """KS complement (missing below every number), ratio of entropies, ranges lost."""
    present = np.sort(drawn[np.isfinite(drawn)])
    n, missing = len(drawn), 1 - len(present) / len(drawn)
    gap = abs(missing - real.missing)
    if len(present) and len(real.ordered):
        # between two drawn values only the real distribution moves, so the largest gap lies beside a drawn value
        for side in ("left", "right"):
            own = missing + np.searchsorted(present, present, side=side) / n
            theirs = np.searchsorted(real.ordered, present, side=side) / len(real.ordered)
            gap = max(gap, float(np.abs(own - (real.missing + (1 - real.missing) * theirs)).max()))
    elif len(present) or len(real.ordered):
        gap = 1.0
    counts = np.bincount(np.searchsorted(real.edges, present, side="left"), minlength=len(real.edges) + 1)
    return 1 - _short(gap), *_variety(real.shares, np.append(counts, n - len(present)))


def _level_column(real: np.ndarray, drawn: np.ndarray, span: Span) -> tuple[float, float | None, int]:
    """TV complement of slots (a tail bucket is one), ratio of entropies, levels lost."""
    counts = np.bincount(drawn, minlength=span.width)
    return 1 - _short(np.abs(counts / counts.sum() - real).sum() / 2), *_variety(real, counts)


def _variety(real: np.ndarray, counts: np.ndarray) -> tuple[float | None, int]:
    """Entropy of drawn cells over that of real ones, and cells lost."""
    own = _entropy(real)
    ratio = None if own < LEAST_ENTROPY else _short(_entropy(counts / counts.sum()) / own)
    return ratio, int(((counts == 0) & (real * counts.sum() >= EXPECTED_ROWS)).sum())


def _entropy(shares: np.ndarray) -> float:
    """Entropy in nats."""
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())


def _short(value: float) -> float:
    """Five digits behind the point: records are kept for every epoch."""
    return round(float(value), 5)
