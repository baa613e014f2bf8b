"""Drawing: a checkpoint and a request become a synthetic table, in row groups and with flat memory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd

from core.dataset import content_id
from core.errors import NotApplicable
from core.evaluation.novelty import Copies, describe_rows
from core.jobs import quarantine, trial
from core.jobs.checkpoints import META
from core.jobs.context import Interrupted, JobContext
from core.jobs.drawing import newest_checkpoint
from core.jobs.files import read_json
from core.jobs.parts import Parts
from core.jobs.protocol import JobState
from core.records import SampleRequest
from core.schema import Schema
from core.store.serial import file_hash
from core.synthesis.given import given_columns
from core.synthesis.painter import LAW
from core.synthesis.stream import Stream
from core.synthesis.weights import load_weights
from core.tables import joined, read_frame

ROW_GROUP_ROWS = 131_072
"""Rows of a row group, and of a part that is never drawn again after an interruption: 16 blocks."""


def run(context: JobContext) -> JobState:
    """Write the table to `output`, unconditioned rows first, and `outcomes.json` into the job.

    `checkpoint` may also be the folder of a run; its newest checkpoint is taken then. Pausing keeps the finished row
    groups, and resuming goes on behind them; stopping and failing leave nothing behind. With `quarantine`, rows are not
    drawn but held back from another sample (see `core.jobs.quarantine`).
    """
    config = context.config
    if config.get("quarantine"):
        return quarantine.run(context)
    if config.get("trial"):
        return trial.run(context)
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        request = SampleRequest.from_json(config["request"])
        device = str(config.get("device") or "auto")
    output = context.path(config.get("output"))
    checkpoint = newest_checkpoint(context)
    context.step(0.0, "Loading the model")
    model = load_weights(checkpoint, request.knobs.weights)
    context.step(0.0, "Drawing rows")
    novelty = Watch.of(context, request, schema)
    stream = Stream(
        model, request, schema, device=device, threads=context.threads, given=_given(context, request, schema),
        accept=novelty.accept if novelty else None, pulse=context.step,
    )  # fmt: skip
    meta = read_json(checkpoint / META) or {}
    parts = Parts(
        context.folder, schema, content_id({"request": request.to_json(), "model": meta.get("content"), "law": LAW})
    )
    try:
        _draw(context, stream, parts)
        kinds = novelty.described(parts, request.seed) if novelty else {}
        context.step(0.95, "Writing the rows")
        n_rows = parts.n_rows
        parts.put_together(output)
    except Interrupted as interruption:
        if interruption.state is not JobState.PAUSED:
            parts.remove()
        raise
    except BaseException:
        parts.remove()
        raise
    context.write_json("outcomes.json", _outcomes(context, stream, n_rows, checkpoint, output) | kinds)
    return JobState.DONE


def _draw(context: JobContext, stream: Stream, parts: Parts) -> None:
    """Blocks into parts, each as soon as it is full; the last one holds the rest."""
    n_done, waiting = 0, []
    if parts.more:
        stream.restore(parts.more["stream"])
        n_done = parts.more["n_blocks"]
    begun, before, n_rows = time.monotonic(), parts.n_rows, parts.n_rows
    for block in stream.frames(skip=n_done):
        waiting.append(block.frame)
        n_rows, n_done = n_rows + len(block.frame), block.n_done
        rate = (n_rows - before) / max(time.monotonic() - begun, 1e-3)
        context.progress(
            0.95 * min(1.0, n_rows / max(1, stream.n_total)),
            eta_seconds=(stream.n_total - n_rows) / max(rate, 1.0),
            details={"rows_per_second": rate},
        )
        context.step()
        if sum(map(len, waiting)) >= ROW_GROUP_ROWS:
            _add(parts, waiting, stream, n_done)
            waiting = []
    if waiting or not parts.n_rows:
        _add(parts, waiting or [stream.empty()], stream, n_done)


def _add(parts: Parts, frames: list[pd.DataFrame], stream: Stream, n_done: int) -> None:
    parts.add(joined(frames), {"n_blocks": n_done, "stream": stream.state()})


def _outcomes(context: JobContext, stream: Stream, n_rows: int, checkpoint: Path, output: Path) -> dict[str, Any]:
    asked, completed = stream.n_given
    return {
        "n_rows": n_rows,
        "n_unconditioned": stream.n_unconditioned,
        "n_mixed": 0 if stream.request.mix is None else len(stream.request.mix.shares),
        "outcomes": [outcome.to_json() for outcome in stream.outcomes],
        "constraints": [outcome.to_json() for outcome in stream.constraints],
        "n_given": asked,
        "n_completed": completed,
        "rows_per_second": context.details.get("rows_per_second"),
        "checkpoint": checkpoint.relative_to(context.session.resolve()).as_posix(),
        "content_hash": file_hash(output),
    }


def _given(context: JobContext, request: SampleRequest, schema: Schema) -> pd.DataFrame | None:
    if request.given is None:
        return None
    import pyarrow.parquet as pq

    path = context.existing(request.given, "the partly given rows")
    return read_frame(path, schema, columns=given_columns(schema, pq.read_schema(path).names))


class Watch:
    """Looks at drawn rows: which are copies of train rows, what kinds of rows there are.

    Copies are refused while drawing where the request says so, within its budget of draws.
    """

    DESCRIBED_ROWS = 50_000
    """Rows from the start of the sample that are described; all rows are checked where copies are redrawn."""

    def __init__(self, request: SampleRequest, schema: Schema, train: pd.DataFrame) -> None:
        self.wanted, self.schema, self.train = request.novelty, schema, train
        self.copies = Copies(schema, train, request.novelty.near, seed=request.seed)

    @classmethod
    def of(cls, context: JobContext, request: SampleRequest, schema: Schema) -> Watch | None:
        """None where the settings name no train rows, as for an exported model, or nothing can be compared."""
        path = context.config.get("train")
        if path is None:
            return None
        try:
            return cls(request, schema, read_frame(context.existing(path, "the train rows"), schema))
        except NotApplicable:
            return None

    @property
    def accept(self) -> Any:
        """Refuses copies as the request wants, or None where it refuses nothing."""
        if self.wanted.redraw_near:
            return lambda frame: ~self.copies.within(frame)
        return (lambda frame: ~self.copies.exact(frame)) if self.wanted.redraw_copies else None

    def described(self, parts: Parts, seed: int) -> dict[str, Any]:
        """Novelty and diversity of the first rows, and how many of them are near copies."""
        frame = parts.first_rows(self.DESCRIBED_ROWS)
        if not len(frame):
            return {}
        found = describe_rows(self.schema, train=self.train, drawn=frame, seed=seed, copies=self.copies)
        if self.wanted.near is not None:
            found["near_copies"] = float(self.copies.within(frame).mean())
        return {"kinds": found}
