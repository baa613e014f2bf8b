"""A large table written in parts, each a whole Parquet file, until it is put together in one step.

An interrupted job finds its finished parts again; the table itself is whole or absent.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.jobs.files import dump_json, read_json, replace_file, sync_folder
from core.schema import Schema
from core.tables import read_frame, to_arrow

FOLDER = "parts"
STATE = "state.json"


class Parts:
    """Parts of a table in the folder of a job.

    Parameters
    ----------
    job_folder : path
    schema : Schema
    key : str
        What the parts were made from; parts of anything else are thrown away.
    """

    def __init__(self, job_folder: Path, schema: Schema, key: str) -> None:
        self.folder, self.schema, self.key = job_folder / FOLDER, schema, key
        state = read_json(self.folder / STATE)
        if not isinstance(state, dict) or state.get("key") != key or not self._are_there(state.get("n_parts")):
            self.remove()
            state = {"key": key, "n_parts": 0, "n_rows": 0, "more": {}}
        self.state: dict[str, Any] = state

    def _are_there(self, n_parts: object) -> bool:
        return isinstance(n_parts, int) and all(self._path(number).exists() for number in range(n_parts))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.parquet"

    @property
    def n_rows(self) -> int:
        """Rows in all parts."""
        return self.state["n_rows"]

    @property
    def more(self) -> dict[str, Any]:
        """What was noted with the last part."""
        return self.state["more"]

    def add(self, frame: pd.DataFrame, more: dict[str, Any]) -> None:
        """Write one part, and note with it how to go on after it."""
        self.folder.mkdir(exist_ok=True)
        pq.write_table(to_arrow(frame, self.schema), self._path(self.state["n_parts"]), compression="zstd")
        self.state = {
            "key": self.key, "n_parts": self.state["n_parts"] + 1, "n_rows": self.n_rows + len(frame), "more": more,
        }  # fmt: skip
        replace_file(self.folder / STATE, dump_json(self.state), sync=False)

    def first_rows(self, n_rows: int) -> pd.DataFrame:
        """A work frame of the first rows, for a look at them before they are put together."""
        names = [name for name in self.schema.names if name in set(pq.read_schema(self._path(0)).names)]
        return read_frame(self._path(0), self.schema, columns=names).iloc[:n_rows]

    def put_together(self, output: Path) -> None:
        """Make the table of the parts, one row group for each, and remove them. There is at least one part."""
        paths = [self._path(number) for number in range(self.state["n_parts"])]
        aside = output.with_name(f".{output.name}.part")
        try:
            if len(paths) == 1:
                shutil.move(paths[0], aside)
            else:
                self._written(paths, aside)
            aside.replace(output)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(output.parent)
        self.remove()

    def _written(self, paths: list[Path], aside: Path) -> None:
        schema = _common([pq.read_schema(path) for path in paths])
        with pq.ParquetWriter(aside, schema, compression="zstd") as writer:
            for path in paths:
                writer.write_table(pq.read_table(path).cast(schema))

    def remove(self) -> None:
        """Throw all parts away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _common(schemas: list[pa.Schema]) -> pa.Schema:
    """One type for each column: text where the parts differ, as made-up values can."""
    fields = []
    for at, one in enumerate(schemas[0]):
        kinds = {schema.field(at).type for schema in schemas}
        fields.append(pa.field(one.name, one.type if len(kinds) == 1 else pa.string()))
    return pa.schema(fields)
