"""Drawing: a checkpoint and a request become a synthetic table."""

from __future__ import annotations

from core.errors import CheckpointRejected
from core.jobs import quarantine
from core.jobs.checkpoints import META, latest_checkpoint
from core.jobs.context import JobContext
from core.jobs.files import sync_folder
from core.jobs.protocol import JobState
from core.records import SampleRequest
from core.schema import Schema
from core.store.serial import file_hash
from core.synthesis.checkpoint import load_model
from core.synthesis.sample import draw_sample
from core.tables import write_parquet


def run(context: JobContext) -> JobState:
    """Write the table to `output`, unconditioned rows first, and `outcomes.json` into the job.

    `checkpoint` may also be the folder of a run; its newest checkpoint is taken then. With `quarantine`, rows are not
    drawn but held back from another sample (see `core.jobs.quarantine`).
    """
    config = context.config
    if config.get("quarantine"):
        return quarantine.run(context)
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        request = SampleRequest.from_json(config["request"])
        device = str(config.get("device") or "auto")
    output = context.path(config.get("output"))
    checkpoint = context.existing(config.get("checkpoint"), "the checkpoint to draw from")
    if not (checkpoint / META).exists():
        newest = latest_checkpoint(checkpoint)
        if newest is None:
            raise CheckpointRejected("There is no checkpoint to draw from.", "Train at least one epoch first.")
        checkpoint = newest
    context.step(0.0, "Loading the model")
    model = load_model(checkpoint)

    def tell(share: float) -> None:
        context.step(0.9 * share, "Drawing rows")

    drawn = draw_sample(model, request, schema, device=device, threads=context.threads, progress=tell)
    context.step(0.9, "Writing the rows")
    aside = output.with_name(f".{output.name}.part")
    try:
        write_parquet(drawn.frame, schema, aside)
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(output.parent)
    context.write_json(
        "outcomes.json",
        {
            "n_rows": len(drawn.frame),
            "n_unconditioned": len(drawn.frame) - sum(outcome.n_obtained for outcome in drawn.outcomes),
            "outcomes": [outcome.to_json() for outcome in drawn.outcomes],
            "constraints": [outcome.to_json() for outcome in drawn.constraints],
            "checkpoint": checkpoint.relative_to(context.session.resolve()).as_posix(),
            "content_hash": file_hash(output),
        },
    )
    return JobState.DONE
