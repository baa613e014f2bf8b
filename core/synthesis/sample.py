"""Drawing rows from a saved model into memory: evaluation mode, true frequencies, conditions met exactly.

What is native and what is rejection is said in `core.synthesis.conditions`; large samples are taken from
`core.synthesis.stream` block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from core.records import ConstraintOutcome
from core.requests import ConditionOutcome, SampleRequest
from core.schema import Schema
from core.synthesis.checkpoint import Model
from core.synthesis.fill import Accept
from core.synthesis.painter import BLOCK_ROWS as BLOCK_ROWS
from core.synthesis.stream import Stream
from core.tables import joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Drawn rows.

    Parameters
    ----------
    frame : work frame with every column that is not left out, in file order; unconditioned rows (or those of the mix)
        first, then conditions in order, then completed rows
    outcomes : tuple of ConditionOutcome
        Those of the mix first, then those of the conditions, in the order of the request.
    constraints : tuple of ConstraintOutcome
        In the order of the model's constraints.
    """

    frame: pd.DataFrame
    outcomes: tuple[ConditionOutcome, ...] = ()
    constraints: tuple[ConstraintOutcome, ...] = ()

    def __iter__(self) -> Iterator[object]:
        return iter((self.frame, self.outcomes))


def draw_sample(
    model: Model,
    request: SampleRequest,
    schema: Schema,
    *,
    device: str = "auto",
    threads: int = 0,
    given: pd.DataFrame | None = None,
    accept: Accept | None = None,
    progress: Callable[[float], None] | None = None,
) -> Drawn:
    """Draw unconditioned rows, then the rows of every condition.

    Parameters
    ----------
    model : Model
    request : SampleRequest
        The same request and model give the same rows on one device.
    schema : Schema of the table the model was trained on
    device, threads, given, accept
        See `core.synthesis.stream.Stream`.
    progress : callable, optional
        Called with the share of rows done, 0 to 1.

    Raises
    ------
    ImpossibleCondition
        If a condition asks for what no train row has, or contradicts itself.
    """
    stream = Stream(model, request, schema, device=device, threads=threads, given=given, accept=accept)
    frames, done = [], 0
    for block in stream.frames():
        frames.append(block.frame)
        done += len(block.frame)
        if progress is not None:
            progress(min(1.0, done / max(1, stream.n_total)))
    return Drawn(frame=joined(frames or [stream.empty()]), outcomes=stream.outcomes, constraints=stream.constraints)
