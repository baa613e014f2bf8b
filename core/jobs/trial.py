"""A trial: a few draws that tell what a request will cost, and what its knobs do, before it is drawn."""

from __future__ import annotations

import time
from typing import Any

from core.evaluation.novelty import describe_rows
from core.jobs.context import JobContext
from core.jobs.drawing import newest_checkpoint
from core.jobs.protocol import JobState
from core.records import Knobs, SampleRequest
from core.schema import Schema
from core.synthesis.stream import Stream
from core.synthesis.trial import try_conditions
from core.synthesis.weights import load_weights
from core.tables import joined, read_frame

RESULT = "trial.json"
KNOB_ROWS = 8_192


def run(context: JobContext) -> JobState:
    """Write `trial.json`: rows per second, acceptance of every condition, and both settings of the knobs compared."""
    config = context.config
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        request = SampleRequest.from_json(config["request"])
    context.step(0.0, "Loading the model")
    folder = newest_checkpoint(context)
    device = str(config.get("device") or "auto")
    model = load_weights(folder, request.knobs.weights)
    context.step(0.2, "Trying the conditions")
    found: dict[str, Any] = {"conditions": try_conditions(model, request, schema, device=device)}
    context.step(0.4, "Drawing a trial sample")
    train = read_frame(context.existing(config.get("train"), "the train rows"), schema)
    knobs = {"asked": request.knobs} | ({} if request.knobs == Knobs() else {"default": Knobs()})
    for name, one in knobs.items():
        own = model if one.weights == request.knobs.weights else load_weights(folder, one.weights)
        plain = SampleRequest(n_rows=KNOB_ROWS, seed=request.seed, knobs=one)
        begun = time.monotonic()
        stream = Stream(own, plain, schema, device=device, threads=context.threads, pulse=context.step)
        frame = joined([block.frame for block in stream.frames()])
        seconds = time.monotonic() - begun
        context.step(None, "Comparing it with the train rows")
        described = describe_rows(schema, train=train, drawn=frame, seed=request.seed)
        found[name] = described | {"rows_per_second": len(frame) / seconds}
    # one block keeps one thread busy; a long drawing keeps all of them busy
    found["rows_per_second"] = found["asked"]["rows_per_second"] * max(1, context.threads)
    context.write_json(RESULT, found)
    return JobState.DONE
