"""Drawing rows from a saved model: evaluation mode, true frequencies, conditions met exactly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.errors import ImpossibleCondition, InvalidConfig, listed
from core.limits import DRAWS_PER_CONDITIONED_ROW, DRAWS_PER_CONSTRAINED_ROW
from core.records import Condition, ConditionOutcome, ConstraintOutcome, SampleRequest
from core.schema import Schema, Treatment
from core.synthesis.checkpoint import Model
from core.synthesis.columns import ConstantCode, LevelCode
from core.synthesis.encode import Encoded
from core.synthesis.networks import gumbel_noise
from core.synthesis.regenerate import regenerate
from core.synthesis.setup import chosen_device

BLOCK_ROWS = 8_192
"""Rows drawn together. Each block has its own seed, so row i of a seed is the same however many rows are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Drawn rows.

    Parameters
    ----------
    frame : work frame with every column that is not left out, in file order; unconditioned rows first
    outcomes : tuple of ConditionOutcome, in the order of the request
    constraints : tuple of ConstraintOutcome, in the order of the model's constraints
    """

    frame: pd.DataFrame
    outcomes: tuple[ConditionOutcome, ...] = ()
    constraints: tuple[ConstraintOutcome, ...] = ()

    def __iter__(self) -> Iterator[object]:
        return iter((self.frame, self.outcomes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A condition as the model understands it: `slot` of `code`, and the level to write where the slot is a bucket."""

    condition: Condition
    code: LevelCode | ConstantCode
    slot: int = 0


def draw_sample(
    model: Model,
    request: SampleRequest,
    schema: Schema,
    *,
    device: str = "auto",
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Drawn:
    """Draw unconditioned rows, then the rows of every condition.

    Parameters
    ----------
    model : Model
    request : SampleRequest
        The same request and model give the same rows on one device.
    schema : Schema of the table the model was trained on
    device, threads
        As in `TrainingConfig`.
    progress : callable, optional
        Called with the share of rows done, 0 to 1.

    Raises
    ------
    ImpossibleCondition
        If a condition names a level that no train row has, or a column without levels.
    """
    wishes = [_wish(model, schema, condition) for condition in request.conditions]
    if threads:
        torch.set_num_threads(threads)
    painter = _Painter(model, chosen_device(device), request.seed)
    total = max(1, request.n_rows + sum(condition.n_rows for condition in request.conditions))
    tell = progress or (lambda share: None)
    frames, outcomes, done = [], [], 0
    block = 0
    while done < request.n_rows and block * BLOCK_ROWS <= request.n_rows * DRAWS_PER_CONSTRAINED_ROW:
        frame, kept = painter.block(0, block, None)
        frames.append((frame if kept.all() else frame[kept]).iloc[: request.n_rows - done])
        done += len(frames[-1])
        block += 1
        tell(done / total)
    for stream, wish in enumerate(wishes, start=1):
        frame, outcome = _meet(painter, stream, wish)
        frames.append(frame)
        outcomes.append(outcome)
        done += wish.condition.n_rows
        tell(done / total)
    if not frames:
        frames.append(painter.block(0, 0, None)[0].iloc[:0])
    frame = _joined(frames)
    for column in schema:
        if column.treatment is Treatment.REGENERATE:
            frame[column.name] = regenerate(column, len(frame), seed=request.seed, locale=model.config.locale)
    names = [column.name for column in schema if column.treatment is not Treatment.LEAVE_OUT]
    return Drawn(frame=frame[names], outcomes=tuple(outcomes), constraints=painter.constraint_outcomes())


def _wish(model: Model, schema: Schema, condition: Condition) -> _Wish:
    column = schema[condition.column]
    code = model.encoder.by_column.get(condition.column)
    if code is None or not isinstance(code, (LevelCode, ConstantCode)):
        kind = "is not modelled" if code is None else f"is {column.type} and has no levels"
        names = [one.column for one in model.encoder.codes if isinstance(one, LevelCode)]
        raise ImpossibleCondition(
            f"The column {condition.column!r} {kind}, so rows cannot be asked for by {condition.level!r}.",
            f"Columns with levels: {listed(names) or 'none'}.",
        )
    if isinstance(code, ConstantCode):
        slot = 0 if code.value == condition.level else None
        levels: tuple[str, ...] = (str(code.value),)
    else:
        slot = code.slot(condition.level)
        levels = (*code.labels[: len(code.levels)], *code.tail)
    if slot is None:
        raise ImpossibleCondition(
            f"No train row has {condition.level!r} in the column {condition.column!r}, so no such row can be drawn.",
            f"Its levels are: {listed(levels)}.",
        )
    return _Wish(condition=condition, code=code, slot=slot)


def _meet(painter: _Painter, stream: int, wish: _Wish) -> tuple[pd.DataFrame, ConditionOutcome]:
    """Exactly the rows asked for: the condition steers the generator, and rows that miss it are drawn again."""
    wanted = wish.condition.n_rows
    budget = wanted * DRAWS_PER_CONDITIONED_ROW
    frames: list[pd.DataFrame] = []
    obtained = drawn = natively = block = 0
    while obtained < wanted and drawn < budget:
        frame, met = painter.conditioned_block(stream, block, wish)
        natively += int(met[: max(0, wanted - drawn)].sum())
        at = np.flatnonzero(met)[: wanted - obtained]
        obtained += len(at)
        drawn += int(at[-1]) + 1 if obtained == wanted else len(met)
        frames.append(frame.iloc[at])
        block += 1
    if not frames:
        frames.append(painter.block(stream, 0, None)[0].iloc[:0])
    outcome = ConditionOutcome(
        condition=wish.condition, n_obtained=obtained, n_drawn=drawn, n_matched_natively=natively
    )
    return _joined(frames), outcome


class _Painter:
    """Draws blocks of rows; every block has its own random numbers, made from seed, stream and block."""

    def __init__(self, model: Model, device: torch.device, seed: int) -> None:
        if seed < 0:
            raise InvalidConfig(f"The seed is {seed}, but must be at least 0.", field="seed")
        self.model, self.device, self.seed = model, device, seed
        self.generator = model.generator.to(device)
        self.chances = torch.from_numpy(model.conditions.chances(log=False))
        self.n_drawn = 0
        self.n_mended = np.zeros(len(model.encoder.rules.constraints), dtype=np.int64)

    def block(self, stream: int, number: int, ids: torch.Tensor | None) -> tuple[pd.DataFrame, np.ndarray]:
        """One block as a work frame of the modelled columns, and which of its rows keep the constraints."""
        rng = np.random.default_rng([self.seed, stream, number])
        return self.constrained(self.model.encoder.decode(self._encoded(rng, ids), rng), rng)

    def constrained(
        self, frame: pd.DataFrame, rng: np.random.Generator, fixed: Collection[str] = ()
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Decoded rows held to the model's constraints, and which of them keep every one; the rest is drawn again.

        To be called once everything that a condition writes into rows is written; `fixed` names its columns.
        """
        kept = self.model.encoder.rules.keep(frame, rng, fixed)
        self.n_drawn += len(frame)
        self.n_mended += np.array(kept.n_mended, dtype=np.int64)
        return kept.frame, kept.keeps

    def constraint_outcomes(self) -> tuple[ConstraintOutcome, ...]:
        """How often rows kept each constraint as they came from the networks."""
        return tuple(
            ConstraintOutcome(label=one.label, n_drawn=self.n_drawn, n_mended=int(mended))
            for one, mended in zip(self.model.encoder.rules.constraints, self.n_mended, strict=True)
        )

    def conditioned_block(self, stream: int, number: int, wish: _Wish) -> tuple[pd.DataFrame, np.ndarray]:
        """One block drawn under a condition, and which of its rows meet it."""
        if isinstance(wish.code, ConstantCode):
            return self.block(stream, number, None)
        rng = np.random.default_rng([self.seed, stream, number])
        spans = self.model.encoder.layout.spans
        at = next(index for index, span in enumerate(spans) if span.column == wish.code.column)
        place = spans[at].start + wish.slot
        first = int(np.flatnonzero(self.model.conditions.slots == place)[0])
        encoded = self._encoded(rng, torch.full((BLOCK_ROWS,), first))
        frame = self.model.encoder.decode(encoded, rng)
        met = encoded.slots[:, at] == place
        if wish.condition.level in wish.code.tail:
            # members of the bucket are drawn apart from everything else, so writing the wanted one keeps the law
            series = frame[wish.code.column]
            codes = series.cat.codes.to_numpy().copy()
            codes[met] = series.cat.categories.get_loc(wish.condition.level)
            frame[wish.code.column] = pd.Categorical.from_codes(codes, categories=series.cat.categories)
        frame, kept = self.constrained(frame, rng, fixed=(wish.code.column,))
        return frame, met & kept

    @torch.inference_mode()
    def _encoded(self, rng: np.random.Generator, ids: torch.Tensor | None) -> Encoded:
        """Encoded rows in evaluation mode; the Gumbel maximum of a span is a draw from its softmax."""
        config, layout = self.model.config, self.model.encoder.layout
        random = torch.Generator().manual_seed(int(rng.integers(2**62)))
        noise = torch.randn(BLOCK_ROWS, config.noise_size, generator=random)
        if ids is None and len(self.model.conditions):
            ids = torch.multinomial(self.chances, BLOCK_ROWS, replacement=True, generator=random)
        logits = self.generator(noise.to(self.device), ids if ids is None else ids.to(self.device)).cpu()
        noisy = logits + gumbel_noise(tuple(logits.shape), logits, random)
        slots = [noisy[:, span.start : span.start + span.width].argmax(dim=1) + span.start for span in layout.spans]
        scalars = torch.tanh(logits[:, : layout.n_scalars])
        chosen = torch.stack(slots, dim=1) if slots else torch.zeros(BLOCK_ROWS, 0, dtype=torch.long)
        return Encoded(scalars=scalars.numpy(), slots=chosen.numpy().astype(np.int32))


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames of one encoder under each other; categories agree by construction."""
    return frames[0].reset_index(drop=True) if len(frames) == 1 else pd.concat(frames, ignore_index=True)
