"""A sample as a stream of frames: blocks drawn side by side, handed over in order, with flat memory.

A request is a row of *sections*: unconditioned rows or those of a target mix, then one section for each condition, then
partly given rows. A section is a row of blocks of at most `BLOCK_ROWS` rows. Every block has random numbers of its own
and is drawn by one thread with one thread of arithmetic, so the rows depend on the seed alone: not on the number of
threads, nor on how blocks are grouped into files, nor on whether drawing was interrupted and went on.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch

from core.clauses import Condition
from core.records import ConstraintOutcome
from core.requests import ConditionOutcome, SampleRequest
from core.schema import Schema, Treatment
from core.synthesis.checkpoint import Model
from core.synthesis.coarse import keep_coarse
from core.synthesis.conditions import Wish, wish_of
from core.synthesis.fill import Accept, Counts, Filled, Tally, fill, unconditioned
from core.synthesis.given import GivenRows
from core.synthesis.mix import block_cells
from core.synthesis.painter import BLOCK_ROWS, Painter
from core.synthesis.regenerate import regenerate
from core.synthesis.setup import chosen_device

WAIT_SECONDS = 0.25
"""Longest wait for a block before whoever watches is told that the work goes on, and may end it."""


class Cancelled(BaseException):
    """Ends the work of a block whose stream is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A frame of drawn rows, with the number of blocks that are now done."""

    frame: pd.DataFrame
    n_done: int


@dataclass(slots=True, kw_only=True)
class _Section:
    """Rows of one kind: wishes, the wish of every row, and what has become of them so far."""

    stream: int
    n_rows: int
    first_row: int
    wishes: list[Wish]
    cells: Callable[[int], np.ndarray] | None = None
    given: GivenRows | None = None
    counts: Counts = field(default_factory=lambda: Counts.zeros(1))
    given_up: np.ndarray | None = None
    n_dropped: int = 0

    @property
    def n_blocks(self) -> int:
        return -(-self.n_rows // BLOCK_ROWS)

    def rows_of(self, block: int) -> int:
        return min(BLOCK_ROWS, self.n_rows - block * BLOCK_ROWS)


class Stream:
    """The rows of a request, block by block.

    Parameters
    ----------
    model : Model
    request : SampleRequest
    schema : Schema of the table that the model was trained on
    device, threads
        As in `TrainingConfig`; threads 0 are as many as PyTorch uses.
    given : DataFrame, optional
        Partly given rows: a work frame of some of the columns, NaN where a cell is to be made.
    accept : callable, optional
        Refuses drawn rows, which are then drawn again within the budget.
    pulse : callable, optional
        Called every now and then while blocks are drawn; what it raises ends the work.

    Raises
    ------
    ImpossibleCondition, InvalidConfig
        At once, before any row is drawn.
    """

    def __init__(
        self,
        model: Model,
        request: SampleRequest,
        schema: Schema,
        *,
        device: str = "auto",
        threads: int = 0,
        given: pd.DataFrame | None = None,
        accept: Accept | None = None,
        pulse: Callable[[], None] | None = None,
    ) -> None:
        self.model, self.request, self.schema = model, request, schema
        self.accept, self.pulse = accept, pulse or (lambda: None)
        self.painter = Painter(model, chosen_device(device), request.seed, request.knobs)
        self.threads = threads or torch.get_num_threads()
        if self.painter.device.type != "cpu":
            self.threads = 1
        self.conditions = (*(request.mix.conditions(request.n_rows) if request.mix else ()), *request.conditions)
        self.given = None if given is None else GivenRows.of(model, schema, given, seed=request.seed)
        self._sections = self._planned()
        self._stopped = threading.Event()
        self._tally = Tally.of(self.painter)
        self.names = [column.name for column in schema if column.treatment is not Treatment.LEAVE_OUT]
        self.n_total = sum(section.n_rows for section in self._sections)

    def _planned(self) -> list[_Section]:
        how = self.request.knobs.steering
        wishes = [wish_of(self.model, self.schema, condition, steering=how) for condition in self.conditions]
        n_rows, n_mix = self.request.n_rows, len(self.conditions) - len(self.request.conditions)
        if self.request.mix is not None:
            cells = block_cells(self.request.mix.rows(n_rows), self.request.seed, BLOCK_ROWS)
            sections = [_Section(stream=0, n_rows=n_rows, first_row=0, wishes=wishes[:n_mix], cells=cells)]
            sections[0].counts = Counts.zeros(max(1, n_mix))
        else:
            sections = [_Section(stream=0, n_rows=n_rows, first_row=0, wishes=[])]
        at = n_rows
        for stream, (condition, wish) in enumerate(zip(self.request.conditions, wishes[n_mix:], strict=True), start=1):
            sections.append(_Section(stream=stream, n_rows=condition.n_rows, first_row=at, wishes=[wish]))
            at += condition.n_rows
        if self.given is not None:
            n_given = len(self.given)
            sections.append(_Section(stream=2**31, n_rows=n_given, first_row=at, wishes=[], given=self.given))
        return sections

    # Drawing

    def frames(self, *, skip: int = 0) -> Iterator[Block]:
        """Blocks in order; `skip` blocks that an interrupted stream has handed over are left out (see `restore`)."""
        tasks = [(section, block) for section in self._sections for block in range(section.n_blocks)][skip:]
        with one_thread_each(self.threads) as pool:
            waiting: deque[tuple[_Section, int, Future[Filled]]] = deque()
            done = skip
            try:
                while tasks or waiting:
                    while tasks and len(waiting) < 2 * self.threads and self._may_start(tasks[0], waiting):
                        section, block = tasks.pop(0)
                        waiting.append((section, block, pool.submit(self._draw, section, block)))
                    section, block, future = waiting.popleft()
                    frame = self._taken(section, block, self._result(future))
                    done += 1
                    yield Block(frame=frame, n_done=done)
            finally:
                self._stopped.set()

    def _may_start(self, task: tuple[_Section, int], waiting: deque) -> bool:
        """The first block of rows that may not be found is waited for: what it gives up is not tried again."""
        section, block = task
        return block == 0 or not section.wishes or section.given_up is not None

    def _result(self, future: Future[Filled]) -> Filled:
        while True:
            self.pulse()
            try:
                return future.result(timeout=WAIT_SECONDS)
            except TimeoutError:
                continue

    def _draw(self, section: _Section, block: int) -> Filled:
        rng = self.painter.rng(section.stream, block)
        how = {"draws_per_row": self.request.draws_per_row, "pulse": self._check}
        first, n_rows = section.first_row + block * BLOCK_ROWS, section.rows_of(block)
        if section.given is not None:
            rows = np.arange(block * BLOCK_ROWS, block * BLOCK_ROWS + n_rows)
            filled = section.given.complete(self.painter, rng, rows, accept=self.accept, **how)
        elif section.wishes:
            cells = np.zeros(n_rows, np.int64) if section.cells is None else section.cells(block)
            filled = fill(
                self.painter, rng, section.wishes, cells, accept=self.accept, given_up=section.given_up, **how
            )
        else:
            filled = unconditioned(self.painter, rng, self.accept, **how)
        frame = filled.frame if len(filled.frame) <= n_rows else filled.frame.iloc[:n_rows]
        return dataclasses.replace(filled, frame=self._finished(frame, first))

    def _finished(self, frame: pd.DataFrame, first_row: int) -> pd.DataFrame:
        """All columns in file order: regenerated ones are made here, by the number of the row in the whole sample."""
        frame = frame.copy(deep=False)
        for column in self.schema:
            if column.treatment is Treatment.REGENERATE and column.name not in frame:
                frame[column.name] = regenerate(
                    column, len(frame), seed=self.request.seed, locale=self.model.config.locale, first_row=first_row
                )
            elif column.coarser and column.name in frame:
                frame[column.name] = keep_coarse(frame[column.name], column)
        return frame[self.names]

    def _check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled

    def _taken(self, section: _Section, block: int, filled: Filled) -> pd.DataFrame:
        """Count a block in."""
        self._tally.n_drawn += filled.tally.n_drawn
        self._tally.n_mended = self._tally.n_mended + filled.tally.n_mended
        n = len(section.counts.obtained)
        if section.wishes or section.given is not None:
            section.counts = section.counts.plus(filled.counts)
        if section.wishes and block == 0:
            missed = filled.counts.obtained == 0
            section.given_up = missed & (filled.counts.drawn > 0) if n == len(missed) else np.zeros(n, dtype=bool)
        section.n_dropped += section.rows_of(block) - len(filled.frame)
        return filled.frame

    # What came of it

    @property
    def outcomes(self) -> tuple[ConditionOutcome, ...]:
        """How the mix and every condition went, in the order of the request."""
        found = []
        for section in self._sections:
            for at in range(len(section.wishes)):
                found.append(self._outcome(self.conditions[len(found)], section.counts, at))
        return tuple(found)

    def _outcome(self, condition: Condition, counts: Counts, at: int) -> ConditionOutcome:
        return ConditionOutcome(
            condition=condition,
            n_obtained=int(counts.obtained[at]),
            n_drawn=int(counts.drawn[at]),
            n_matched_natively=int(counts.natively[at]),
        )

    @property
    def constraints(self) -> tuple[ConstraintOutcome, ...]:
        """How often rows kept each constraint of the model as they came from the networks."""
        return tuple(
            ConstraintOutcome(label=one.label, n_drawn=self._tally.n_drawn, n_mended=int(n_mended))
            for one, n_mended in zip(self.model.encoder.rules.constraints, self._tally.n_mended, strict=True)
        )

    @property
    def n_unconditioned(self) -> int:
        """Unconditioned rows handed over; those of a mix do not count."""
        if self.request.mix is not None:
            return 0
        return self.request.n_rows - self._sections[0].n_dropped

    @property
    def n_given(self) -> tuple[int, int]:
        """Partly given rows asked for, and completed."""
        if self.given is None:
            return 0, 0
        return len(self.given), len(self.given) - self._sections[-1].n_dropped

    def state(self) -> dict:
        """What `restore` needs to go on after an interruption, as plain JSON values."""
        return {
            "tally": [self._tally.n_drawn, self._tally.n_mended.tolist()],
            "sections": [
                {
                    "obtained": one.counts.obtained.tolist(), "drawn": one.counts.drawn.tolist(),
                    "natively": one.counts.natively.tolist(), "n_dropped": one.n_dropped,
                    "given_up": None if one.given_up is None else one.given_up.tolist(),
                }
                for one in self._sections
            ]
        }  # fmt: skip

    def restore(self, state: dict) -> None:
        """Take over the counts of an interrupted stream of the same request."""
        n_drawn, n_mended = state["tally"]
        self._tally = Tally(n_drawn, np.array(n_mended, dtype=np.int64))
        for section, one in zip(self._sections, state["sections"], strict=True):
            section.counts = Counts(
                **{name: np.array(one[name], dtype=np.int64) for name in ("obtained", "drawn", "natively")}
            )
            section.n_dropped = one["n_dropped"]
            section.given_up = None if one["given_up"] is None else np.array(one["given_up"], dtype=bool)

    def empty(self) -> pd.DataFrame:
        """A frame of the sample's columns without rows."""
        rng = self.painter.rng(0, 0)
        frame = self.painter.decoded(self.painter.encoded(1, self.painter.prior_ids(1, rng), rng), rng).iloc[:0]
        return self._finished(frame, 0)


@contextmanager
def one_thread_each(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool whose threads do arithmetic alone; afterwards PyTorch has as many threads as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)
