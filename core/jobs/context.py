"""What a worker hands to the kind of job it runs: settings, places, and a voice."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, UserError
from core.jobs.files import dump_json, read_json, replace_file
from core.jobs.protocol import (
    CONFIG,
    METRICS,
    JobState,
    Status,
    now,
    read_control,
    read_extension,
    read_status,
    write_status,
)

BEAT_SECONDS = 5.0
STATUS_SECONDS = 0.25
"""Least time between two written signs of progress; pages look once a second."""


class Interrupted(BaseException):
    """Work that cannot be cut at any place was asked to end; carries the state that it ends in.

    Not an `Exception`: code that turns every failure into a reason must not swallow it.
    """

    def __init__(self, state: JobState) -> None:
        super().__init__(state)
        self.state = state


class JobContext:
    """The settings and the files of one job while a worker works on it.

    Parameters
    ----------
    folder : path of the job's folder
    threads : int
        Processor threads that the job may use.

    Raises
    ------
    UserError
        If the settings cannot be read.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        config = read_json(folder / CONFIG)
        if not isinstance(config, dict) or not isinstance(config.get("kind"), str):
            raise UserError(f"The settings of the job {folder.name} cannot be read.", "Start it again.")
        self.folder = folder
        self.session = folder.parent.parent
        self.config: dict[str, Any] = config
        self.threads = threads
        self.terminated = False
        self._status = read_status(folder)
        self._written = 0.0
        self._writing = threading.Lock()
        self._metrics: int | None = None
        self._ended = False

    # Places

    def path(self, value: object, *, inside: bool = True) -> Path:
        """A path of the settings: relative to the session folder and inside it.

        Parameters
        ----------
        inside : bool
            False also takes an absolute path anywhere: a table that the analyst named on the command line.

        Raises
        ------
        UserError
            If it lies outside.
        """
        if not isinstance(value, str) or not value or "\0" in value:
            raise UserError(f"The settings of the job {self.folder.name} name no file where one is needed.")
        path = (self.session / value).resolve()
        if inside and not path.is_relative_to(self.session.resolve()):
            raise UserError(f"The file {value!r} lies outside the session.", "Bring it in through the data page.")
        return path

    def existing(self, value: object, what: str, *, inside: bool = True) -> Path:
        """A path as `path` gives it, of a file or folder that is there.

        Raises
        ------
        UserError
            Naming `what` ("the train rows"), if it is gone.
        """
        path = self.path(value, inside=inside)
        if not path.exists():
            name = f"{what[:1].upper()}{what[1:]}"
            raise UserError(f"{name}, {value}, cannot be found.", "It may have been deleted or moved.")
        return path

    @contextmanager
    def reading_settings(self) -> Iterator[None]:
        """Say in one sentence that a setting is missing or of the wrong kind."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = f" ({error.args[0]})" if isinstance(error, KeyError) and error.args else ""
            raise InvalidConfig(
                f"The settings of the job {self.folder.name} are incomplete or damaged{name}.", "Start it again."
            ) from error

    # Voice

    def begin(self, message: str) -> None:
        """Say that work begins; from here on the state is running."""
        started = now()
        self._write(
            dataclasses.replace(
                self._status, state=JobState.RUNNING, message=message, pid=os.getpid(), started_at=started, error="",
                hint="", error_id="", field="", ended_at=None,
            ),
            sync=True,
        )  # fmt: skip

    def progress(
        self,
        share: float | None = None,
        message: str | None = None,
        *,
        eta_seconds: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Say how far the work is, without stopping for anything; written at most every quarter of a second."""
        with self._writing:
            status = dataclasses.replace(
                self._status,
                progress=self._status.progress if share is None else min(1.0, max(0.0, float(share))),
                message=self._status.message if message is None else message,
                eta_seconds=eta_seconds,
                details={**self._status.details, **(details or {})},
            )
            changed = status.message != self._status.message
            self._status = status
        if changed or time.monotonic() - self._written > STATUS_SECONDS:
            self._write(status)

    def step(self, share: float | None = None, message: str | None = None) -> None:
        """Say how far the work is, and end here if somebody asked to.

        Raises
        ------
        Interrupted
            With the state to end in.
        """
        self.progress(share, message)
        wanted = self.wanted()
        if wanted is not None:
            raise Interrupted(wanted)

    def end(self, state: JobState, **fields: Any) -> None:
        """Say how it ended; the last thing that a worker writes. Said twice, the first word stands.

        Once it is said, the job may be resumed at any moment, and then the status is another worker's.
        """
        if self._ended:
            return
        if state is JobState.DONE:
            fields = {"progress": 1.0, **fields}
        fields = {"eta_seconds": None, "ended_at": now(), **fields}
        self._write(dataclasses.replace(self._status, state=state, **fields), sync=True, last=True)

    @property
    def details(self) -> Mapping[str, Any]:
        """Small facts said so far."""
        return self._status.details

    def _write(self, status: Status, *, sync: bool = False, last: bool = False) -> None:
        with self._writing:
            if self._ended:
                return
            self._status = dataclasses.replace(status, updated_at=now())
            write_status(self.folder, self._status, sync=sync)
            self._written = time.monotonic()
            self._ended = last

    def beat(self, ended: threading.Event) -> None:
        """Show every few seconds that the process lives, until `ended`; runs in a thread of its own."""
        while not ended.wait(BEAT_SECONDS):
            with self._writing:
                if self._ended or ended.is_set():
                    return
                self._status = dataclasses.replace(self._status, updated_at=now())
                try:
                    write_status(self.folder, self._status, sync=False)
                except OSError:
                    return  # a full disk is said by the work itself

    # Requests

    def wanted(self) -> JobState | None:
        """The state that somebody wants the job to end in: paused or stopped; None to go on.

        SIGTERM without a request, as at a shutdown, pauses.
        """
        request = read_control(self.folder)
        if request == "stop":
            return JobState.STOPPED
        if request == "pause" or self.terminated:
            return JobState.PAUSED
        return None

    def more_epochs(self) -> int:
        """Epochs asked for beyond the configuration, in all."""
        return read_extension(self.folder)

    # Records

    def record(self, value: Mapping[str, Any]) -> None:
        """Append one line to the records in a single write, so that a reader or a kill never splits two of them."""
        if self._metrics is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._metrics = os.open(self.folder / METRICS, flags, 0o600)
        line = dump_json(value) + b"\n"
        if os.write(self._metrics, line) != len(line):
            raise OSError(28, "No space left on device")

    def sync_records(self) -> None:
        """Make the records outlive a power cut; called before a checkpoint, which relies on them."""
        if self._metrics is not None:
            os.fsync(self._metrics)

    def keep_records(self, keep: list[Mapping[str, Any]]) -> None:
        """Replace all records by `keep`: those that the checkpoint behind a resumption knows."""
        if self._metrics is not None:
            os.close(self._metrics)
            self._metrics = None
        replace_file(self.folder / METRICS, b"".join(dump_json(value) + b"\n" for value in keep))

    def write_json(self, name: str, value: Any) -> None:
        """Write a result file of the job in one step."""
        replace_file(self.folder / name, dump_json(value))
