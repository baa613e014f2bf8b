"""What a run will need, said before it starts: encoded width, memory, batch and packs, and what to change. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from core.errors import listed
from core.limits import MIN_TRAIN_ROWS
from core.schema import Schema
from core.synthesis.columns import LevelCode
from core.synthesis.config import TrainingConfig
from core.synthesis.encode import fit_encoder

WIDE_COLUMN = 200
"""Slots of one column from which it is named as the reason of a wide model."""
MOST_KEPT = 2_000
"""Levels per column up to which keeping all of them is offered as a remedy."""
MUCH_MEMORY = 2_000_000_000
"""Bytes from which memory is worth a warning: about half of what a small machine has."""
NEARLY_UNIQUE = 0.5
"""Levels per row from which a column names rows."""
MOST_NAMED = 3
"""Columns for which a remedy each is offered."""
PROBE_ROWS = 20_000
"""Rows that the encoder is fitted on to foresee widths; levels are counted in all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One thing that mends it, at a click.

    Parameters
    ----------
    label : str
        Words of the button.
    settings : mapping of setting to text
        For `TrainingConfig.with_settings`; empty where the table is changed instead.
    column, change : str
        Column, and `identifier` or `leave out`: makes another version of the dataset.
    """

    label: str
    settings: dict[str, str] = field(default_factory=dict)
    column: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing worth knowing before training.

    Parameters
    ----------
    message : str
        What will happen, with the table's own names and numbers.
    is_error : bool
        Whether training would be refused.
    remedies : tuple of Remedy
    """

    message: str
    is_error: bool = False
    remedies: tuple[Remedy, ...] = ()

    @property
    def remedy(self) -> dict[str, str]:
        """Settings of the first remedy by settings; empty where only the table can be changed."""
        return next((one.settings for one in self.remedies if one.settings), {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Advice:
        """Rebuild from `dataclasses.asdict`."""
        return cls(**{**value, "remedies": tuple(Remedy(**one) for one in value["remedies"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a run will need.

    Parameters
    ----------
    widths : mapping of column to slots in an encoded row
    n_conditions : int
        Levels that can be asked for.
    n_parameters : int
        Weights of both networks.
    n_bytes : int
        Memory of rows, samplers, networks, optimisers and one step; the frame itself and the libraries come on top.
    batch_size, steps_per_epoch : int
        As they will be, after the batch has shrunk to a small table.
    tails : mapping of column to levels in its tail bucket
    advice : tuple of Advice
    """

    widths: dict[str, int]
    n_conditions: int
    n_parameters: int
    n_bytes: int
    batch_size: int
    steps_per_epoch: int
    tails: dict[str, int]
    advice: tuple[Advice, ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preflight:
        """Rebuild from `dataclasses.asdict`."""
        return cls(**{**value, "advice": tuple(Advice.from_json(one) for one in value["advice"])})

    @property
    def width(self) -> int:
        """Slots of an encoded row."""
        return sum(self.widths.values())


def foresee(
    train: pd.DataFrame, schema: Schema, config: TrainingConfig, *, memory_bytes: int | None = None
) -> Preflight:
    """Foresee what training on these rows will need.

    Parameters
    ----------
    train : work frame of the train rows
    schema : Schema
    config : TrainingConfig
    memory_bytes : int, optional
        Memory of the machine; more than half of it is worth a warning.
    """
    encoder = fit_encoder(train.iloc[:PROBE_ROWS], schema, max_modes=config.max_modes, max_levels=config.max_levels)
    widths, tails, levels, n_conditions = {}, {}, {}, 0
    for code in encoder.codes:
        width = code.span_width + code.has_scalar
        column = schema[code.column]
        if not column.is_number:
            n_levels = int(train[code.column].nunique())
            levels[code.column] = n_levels
            has_missing = bool(train[code.column].isna().any())
            kept = min(n_levels, config.max_levels)
            width = kept + has_missing if n_levels + has_missing > 1 else 0
            n_conditions += width
            if n_levels > config.max_levels:
                tails[code.column] = n_levels - config.max_levels + 1
        widths[code.column] = width
    width = sum(widths.values())
    batch = min(config.batch_size, max(len(train), 1)) // config.pac * config.pac
    n_parameters = _parameters(width, n_conditions, config)
    n_level_columns = sum(1 for code in encoder.codes if isinstance(code, LevelCode))
    n_spans = sum(1 for one in widths.values() if one)
    rows = len(train) * 4 * (n_spans + sum(1 for code in encoder.codes if code.has_scalar) + n_level_columns)
    # weights, gradients and two moments, plus an average; about a dozen tensors of batch times width in one step
    n_bytes = rows + 5 * 4 * n_parameters + 12 * 4 * max(batch, 1) * (width + sum(config.generator_layers))
    return Preflight(
        widths=widths,
        n_conditions=n_conditions,
        n_parameters=n_parameters,
        n_bytes=n_bytes,
        batch_size=batch,
        steps_per_epoch=max(1, len(train) // batch) if batch else 0,
        tails=tails,
        advice=tuple(_advice(train, config, widths, levels, n_bytes, memory_bytes)),
    )


def _parameters(width: int, n_conditions: int, config: TrainingConfig) -> int:
    outs = (*config.generator_layers, width)
    generator = (config.noise_size + n_conditions) * sum(outs) + width
    generator += sum(out * sum(config.generator_layers[:at]) for at, out in enumerate(outs))
    first, second = config.discriminator_layers
    return generator + config.pac * (width + n_conditions) * first + first * second + 2 * first + 2 * second


def _advice(
    train: pd.DataFrame,
    config: TrainingConfig,
    widths: dict[str, int],
    levels: dict[str, int],
    n_bytes: int,
    memory_bytes: int | None,
) -> list[Advice]:
    """Everything worth a word, the gravest first."""
    found = [*_about_rows(train, config)]
    named = [name for name, n in levels.items() if len(train) >= 100 and n > NEARLY_UNIQUE * len(train)]
    for name in named[:MOST_NAMED]:
        message = (
            f"{name!r} has {levels[name]:,} levels in {len(train):,} rows: nearly every row has its own, so it names "
            "rows rather than describing them."
        )
        found.append(Advice(message=message, remedies=_of_column(name)))
    tails = {name: n for name, n in levels.items() if n > config.max_levels}
    if tails:
        told = listed(f"{name} ({n - config.max_levels + 1:,} levels)" for name, n in tails.items())
        message = (
            f"Rare levels share a bucket and are redrawn from their frequencies in: {told}. "
            "What they have to do with other columns is lost."
        )
        most = max(tails.values())
        keep = Remedy(label=f"Keep all {most:,} levels", settings={"max_levels": str(most)})
        found.append(Advice(message=message, remedies=((keep,) if most <= MOST_KEPT else ()) + _of_columns(tails)))
    wide = [name for name, width in widths.items() if width > WIDE_COLUMN]
    if wide:
        message = f"Much of the model's width ({sum(widths.values()):,} slots) and of its time goes to: {listed(wide)}."
        bucket = Remedy(label=f"Bucket the tail from level {WIDE_COLUMN}", settings={"max_levels": str(WIDE_COLUMN)})
        found.append(Advice(message=message, remedies=(bucket, *_of_columns(wide))))
    limit = MUCH_MEMORY if memory_bytes is None else memory_bytes // 2
    if n_bytes > limit:
        there = "" if memory_bytes is None else f", of {memory_bytes / 1e9:.1f} GB in this machine"
        message = f"Training needs about {n_bytes / 1e9:.1f} GB of memory{there}."
        fewer = str(max(2, config.max_levels // 4))
        smaller = max(config.pac, config.batch_size // 2 // config.pac * config.pac)
        remedies = (
            Remedy(label=f"At most {fewer} levels per column", settings={"max_levels": fewer}),
            Remedy(label=f"Batch of {smaller}", settings={"batch_size": str(smaller)}),
        )
        found.append(Advice(message=message, remedies=remedies))
    return found


def _about_rows(train: pd.DataFrame, config: TrainingConfig) -> Iterator[Advice]:
    needed = max(MIN_TRAIN_ROWS, config.pac)
    if len(train) < needed:
        message = f"There are {len(train)} train rows; at least {needed} are needed."
        mend = (Remedy(label="Packs of one row", settings={"pac": "1"}),) if len(train) >= MIN_TRAIN_ROWS else ()
        yield Advice(message=message, is_error=True, remedies=mend)
    elif len(train) < config.batch_size:
        smaller = max(1, len(train) // 4 // config.pac) * config.pac
        message = f"There are fewer train rows ({len(train)}) than a batch has: every step takes nearly all of them."
        yield Advice(
            message=message, remedies=(Remedy(label=f"Batch of {smaller}", settings={"batch_size": str(smaller)}),)
        )


def _of_columns(names: Iterable[str]) -> tuple[Remedy, ...]:
    return tuple(one for name in list(names)[:MOST_NAMED] for one in _of_column(name))


def _of_column(name: str) -> tuple[Remedy, ...]:
    return (
        Remedy(label=f"Treat {name} as identifier", column=name, change="identifier"),
        Remedy(label=f"Leave {name} out", column=name, change="leave out"),
    )
