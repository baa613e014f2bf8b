"""Warm start: the weights of an earlier run, put where the new version of the table has the same columns and levels.

Slots of an encoded row, and conditions, are told by what they stand for: a column's level, a single value, a mode. What
only the new table has keeps its fresh weights; what only the old one had is dropped; both are said. The optimisers
begin anew. Generator weights are the averaged ones, from which rows of the earlier run are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.errors import InvalidConfig, listed
from core.synthesis.checkpoint import read_meta, read_tensors
from core.synthesis.columns import LevelCode, NumberCode
from core.synthesis.conditional import Conditions
from core.synthesis.config import TrainingConfig
from core.synthesis.encode import Encoder
from core.synthesis.setup import Training

SAME_MODE = 1.0
"""Two Gaussian modes are the same if their means lie within so many standard deviations of the narrower one."""


@dataclass(slots=True, kw_only=True)
class Places:
    """For every new place the old one that it continues, or -1.

    Parameters
    ----------
    slots : int array of shape (new width,)
    conditions : int array of shape (new conditions,)
    notes : list of str
        What could not be carried over, in sentences.
    """

    slots: np.ndarray
    conditions: np.ndarray
    notes: list[str] = field(default_factory=list)


def carry_over(training: Training, folder: Path) -> list[str]:
    """Give a run at step 0 the weights of a checkpoint; gives sentences about what could not be carried over.

    Raises
    ------
    CheckpointRejected
        If the checkpoint is damaged.
    InvalidConfig
        If its generator has other sizes.
    """
    meta, encoder = read_meta(folder)
    old = TrainingConfig.from_json(meta["config"])
    config = training.config
    for name in ("generator_layers", "noise_size"):
        if getattr(old, name) != getattr(config, name):
            raise InvalidConfig(
                f"The earlier run has {name} {getattr(old, name)}, this one {getattr(config, name)}.",
                "A warm start needs a generator of the same sizes: take the earlier run's settings.",
                field=name,
            )
    tensors = read_tensors(Path(folder) / "state.safetensors")
    places = match(encoder, training.encoder, training.conditions)
    _generator(training, tensors, places, 1 - old.averaging ** meta["step"], encoder.layout.width)
    if old.discriminator_layers == config.discriminator_layers and old.pac == config.pac:
        _critic(training, tensors, places, encoder.layout.width)
    else:
        places.notes.append("The critic begins anew, since its layers or packs are of other sizes.")
    return places.notes


def match(old: Encoder, new: Encoder, conditions: Conditions) -> Places:
    """Find the old place of every slot and condition of the new encoder."""
    slots = np.full(new.layout.width, -1, dtype=np.int64)
    before = {span.column: span for span in old.layout.spans}
    scalars = {name: at for at, name in enumerate(old.layout.scalars)}
    new_columns, grown, gone = [], [], []
    for at, name in enumerate(new.layout.scalars):
        slots[at] = scalars.get(name, -1)
    for span in new.layout.spans:
        code, known = new.by_column[span.column], old.by_column.get(span.column)
        if span.column not in before or type(known) is not type(code):
            new_columns.append(span.column)
            continue
        found = _same_levels(known, code) if isinstance(code, LevelCode) else _same_modes(known, code)
        start = before[span.column].start
        slots[span.start : span.start + span.width] = np.where(found >= 0, start + found, -1)
        n_new, n_gone = int((found < 0).sum()), known.span_width - len(np.unique(found[found >= 0]))
        if n_new:
            grown.append(f"{span.column} ({n_new})")
        if n_gone:
            gone.append(f"{span.column} ({n_gone})")
    firsts = dict(zip([span.column for span in old.layout.spans if span.is_levels], _first_ids(old), strict=True))
    ids = [np.zeros(0, dtype=np.int64)]
    for span in conditions.spans:
        own = slots[span.start : span.start + span.width]
        shift = firsts.get(span.column, 0) - (before[span.column].start if span.column in before else 0)
        ids.append(np.where(own >= 0, own + shift, -1))
    lost = [name for name in before if name not in new.by_column]
    notes = []
    if new_columns:
        notes.append(f"New, and learned from the start: {listed(new_columns)}.")
    if grown:
        notes.append(f"New levels or modes, learned from the start: {listed(grown)}.")
    if gone:
        notes.append(f"Levels or modes that are gone: {listed(gone)}.")
    if lost:
        notes.append(f"Columns that are gone: {listed(lost)}.")
    return Places(slots=slots, conditions=np.concatenate(ids), notes=notes)


def _first_ids(encoder: Encoder) -> list[int]:
    widths = [span.width for span in encoder.layout.spans if span.is_levels]
    return np.cumsum([0, *widths[:-1]]).tolist() if widths else []


def _same_levels(old: LevelCode, new: LevelCode) -> np.ndarray:
    """Old slot of every new slot: the same level, the tail for the tail, missing for missing."""
    known = {level: at for at, level in enumerate(old.levels)}
    found = [known.get(level, -1) for level in new.levels]
    if new.tail:
        found.append(len(old.levels) if old.tail else -1)
    if new.has_missing:
        found.append(old.span_width - 1 if old.has_missing else -1)
    return np.array(found, dtype=np.int64)


def _same_modes(old: NumberCode, new: NumberCode) -> np.ndarray:
    """Old slot of every new slot: the nearest mode within reach, each given once; single values by value."""
    found = np.full(new.span_width, -1, dtype=np.int64)
    taken: set[int] = set()
    means = np.array(old.means) + old.origin
    for at in np.argsort(-np.array(new.weights), kind="stable") if new.means else ():
        free = [other for other in range(len(means)) if other not in taken]
        if not free:
            break
        mean = new.means[at] + new.origin
        nearest = min(free, key=lambda other, mean=mean: abs(means[other] - mean))
        if abs(means[nearest] - mean) <= SAME_MODE * min(old.scales[nearest], new.scales[at]):
            found[at] = nearest
            taken.add(nearest)
    known = {value: len(old.means) + at for at, value in enumerate(old.spikes)}
    for at, value in enumerate(new.spikes):
        found[len(new.means) + at] = known.get(value, -1)
    if new.has_missing and old.has_missing:
        found[-1] = old.span_width - 1
    return found


def _generator(training: Training, tensors: dict[str, Tensor], places: Places, correction: float, width: int) -> None:
    maker = training.generator
    names = [name for name, _ in maker.named_parameters()]
    averaged = {name: tensors[f"averaged.{at}"] / max(correction, 1e-12) for at, name in enumerate(names)}
    n_hidden = sum(maker.layers)
    columns = np.concatenate([np.arange(n_hidden), np.where(places.slots >= 0, n_hidden + places.slots, -1)])
    own = np.arange(len(columns))
    for name, weight in maker.named_parameters():
        before = averaged[name]
        if name == "noise_weight":
            _copy(weight, before, None, (own, columns))
        elif name == "condition_weight":
            _copy(weight, before, places.conditions, (own, columns))
        elif name == "bias":
            _copy(weight[None], before[None], None, (np.arange(len(places.slots)), places.slots))
        elif before.ndim == 2 and before.shape[1] == width and weight.shape[1] == len(places.slots):
            last = name.rpartition(".")[2]
            is_last = int(last) >= len(maker.weights) - len(maker.layers)
            _copy(weight, before, None, (np.arange(len(places.slots)), places.slots) if is_last else None)
        else:
            weight.copy_(before)


def _critic(training: Training, tensors: dict[str, Tensor], places: Places, width: int) -> None:
    critic = training.discriminator
    pac, new_width = critic.pac, len(places.slots)
    n_old = tensors["discriminator.condition_weight"].shape[0] // pac
    columns = np.concatenate([np.where(places.slots >= 0, at * width + places.slots, -1) for at in range(pac)])
    rows = np.concatenate([np.where(places.conditions >= 0, at * n_old + places.conditions, -1) for at in range(pac)])
    for name, weight in critic.named_parameters():
        before = tensors[f"discriminator.{name}"]
        if name == "row_weight":
            _copy(weight, before, None, (np.arange(pac * new_width), columns))
        elif name == "condition_weight":
            _copy(weight, before, rows, None)
        else:
            weight.copy_(before)


def _copy(
    weight: Tensor, before: Tensor, rows: np.ndarray | None, columns: tuple[np.ndarray, np.ndarray] | None
) -> None:
    """Copy rows and columns that have an old place (not -1); the others keep what they have."""
    before = before.to(weight.device)
    new_rows = np.arange(weight.shape[0]) if rows is None else np.flatnonzero(rows >= 0)
    old_rows = new_rows if rows is None else rows[new_rows]
    new_columns = old_columns = np.arange(weight.shape[1])
    if columns is not None:
        kept = columns[1] >= 0
        new_columns, old_columns = columns[0][kept], columns[1][kept]
    taken = before[torch.from_numpy(old_rows)][:, torch.from_numpy(old_columns)]
    weight[torch.from_numpy(new_rows)[:, None], torch.from_numpy(new_columns)] = taken
