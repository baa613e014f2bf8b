"""Drawing without a page: from a session's folder, the output folder of `synthesize`, a run, or an exported model."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnreadableFile, UserError, listed
from core.jobs.ids import new_id
from core.jobs.launch import start_job
from core.jobs.protocol import JobView
from core.records import SampleRequest
from core.schema import Schema
from core.workbench import sampling, training
from core.workbench.data import check_choices, released_schema
from core.workbench.sessions import SESSION_ID, Session, home_folder, job_folder, open_session, temporary_session

PRIVATE = "private-real-data"
MODEL = ("model.safetensors", "meta.json")
_RUN = "run-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows are drawn from.

    Parameters
    ----------
    session : Path or None
        Folder of a session; None for a model alone.
    run_id : str or None
        The run asked for; the newest one with a checkpoint by default.
    model : Path or None
        Folder of a model alone.
    """

    session: Path | None = None
    run_id: str | None = None
    model: Path | None = None


def find_source(where: str) -> Source:
    """What a folder or the id of a run stands for.

    Raises
    ------
    UserError
        If it is none of these, with what was looked for.
    """
    path = Path(where)
    if not path.exists() and where.startswith(_RUN):
        found = [one for one in home_folder().glob(f"*/jobs/{where}") if one.is_dir()]
        if not found:
            raise UserError(f"There is no run {where!r} in the sessions of this machine.", "Name its folder instead.")
        path = found[0]
    path = path.resolve()
    if all((path / name).is_file() for name in MODEL):
        return Source(model=path)
    if path.name.startswith(_RUN) and path.parent.name == "jobs":
        return Source(session=path.parent.parent, run_id=path.name)
    for folder in (path, *_sessions_in(path / PRIVATE), *_sessions_in(path)):
        if (folder / "session.json").is_file():
            return Source(session=folder)
    inside = [one for one in sorted(path.glob("*/")) if all((one / name).is_file() for name in MODEL)]
    if inside:
        return Source(model=inside[0])
    if not path.exists():
        raise UnreadableFile(f"There is no folder {where!r}.", "Check its name.")
    raise UserError(
        f"{where!r} is no session, output folder, run or exported model.",
        f"A model has the files {listed(MODEL)}; an output folder of synthesize has {PRIVATE}/ in it.",
    )


def _sessions_in(folder: Path) -> list[Path]:
    """Sessions inside a folder, newest first."""
    found = [one for one in folder.glob("*/") if SESSION_ID.fullmatch(one.name)] if folder.is_dir() else []
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing under way: the job to follow, where its table will lie, and the layout of that table."""

    session: Session
    job: JobView
    table: Path
    schema: Schema

    def outcomes(self) -> dict:
        """What came of it, once it is done."""
        return json.loads((self.job.folder / "outcomes.json").read_text(encoding="utf-8"))


@contextmanager
def drawing(
    source: Source, request: SampleRequest, *, epoch: int | None = None, given: Path | None = None
) -> Iterator[Drawing]:
    """Start drawing; everything temporary is gone when the block ends.

    Raises
    ------
    UserError
        If the request cannot be met, or there is nothing to draw from.
    """
    if source.model is not None:
        with temporary_session() as session:
            yield _from_model(session, source.model, request, given)
        return
    with open_session(source.session.parent, source.session.name) as session:
        run_id = source.run_id or _newest_run(session)
        trained = training.run(session, run_id)
        if given is not None:
            schema = sampling.dataset(session, trained.dataset_id).schema
            request = _with_given(request, sampling.keep_given(session, given, schema))
        sample_id = sampling.start_sampling(session, run_id, request, epoch=epoch)
        view = JobView(job_folder(session, sample_id))
        schema = released_schema(Schema.from_json(view.config["schema"]))
        yield Drawing(session=session, job=view, table=session.folder / view.config["output"], schema=schema)


def _with_given(request: SampleRequest, given: str) -> SampleRequest:
    return dataclasses.replace(request, given=given)


def _newest_run(session: Session) -> str:
    for run in training.runs(session):
        if run.checkpoints:
            return run.id
    raise UserError("This session has no run with a checkpoint.", "Train a generator first.")


def _from_model(session: Session, model: Path, request: SampleRequest, given: Path | None) -> Drawing:
    schema = schema_of(model)
    (session.folder / "tables").mkdir(exist_ok=True)
    shutil.copytree(model, session.folder / "jobs" / "model")
    if given is not None:
        request = _with_given(request, sampling.keep_given(session, given, schema))
    check_choices(schema, target=None, group=None, conditions=request.conditions)
    sample_id = new_id("sample")
    output = f"tables/{sample_id}.parquet"
    config = {
        "checkpoint": "jobs/model", "output": output, "schema": schema.to_json(), "request": request.to_json(),
        "device": "auto", "threads": 0,
    }  # fmt: skip
    start_job(session.folder, "sample", config, job_id=sample_id)
    view = JobView(job_folder(session, sample_id))
    return Drawing(session=session, job=view, table=session.folder / output, schema=released_schema(schema))


def schema_of(model: Path) -> Schema:
    """The schema that lies with a model: beside its files, one folder up, or in the settings of its run.

    Raises
    ------
    UserError
        If there is none.
    """
    for path in (model / "schema.json", model.parent / "schema.json", model.parent / "config.json"):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return Schema.from_json(value["schema"] if path.name == "config.json" else value)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise UserError(
        f"The model {model.name!r} comes without its schema.", "Put schema.json of its output folder beside its files."
    )
