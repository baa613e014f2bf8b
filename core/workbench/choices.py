"""Types and treatments as the analyst sets them: what a choice does to the model, and SDV's metadata in and out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from core.errors import InvalidConfig, listed
from core.profiling.choice import Choice, choice_of, detail_of, with_choice
from core.profiling.coarsen import coarsened_column
from core.profiling.infer import retype
from core.profiling.sdv_metadata import from_sdv, to_sdv
from core.profiling.treatment import coarser_of
from core.schema import Column, ColumnType, Schema, Treatment
from core.synthesis.width import as_work_numbers, level_width, number_width
from core.workbench.reading import Reading
from core.workbench.sessions import Session, job_folder

__all__ = ["Choice", "ColumnEdit", "choice_of", "chosen_schema", "detail_of", "encoded_widths", "from_sdv_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEdit:
    """What the analyst set for a column; None where it was left.

    Parameters
    ----------
    type : str, optional
        One of the column types.
    treatment : str, optional
        One of model, generalise, regenerate, pseudonym, leave out.
    detail : str, optional
        How to generalise, the locale, or the pattern.
    """

    type: str | None = None
    treatment: str | None = None
    detail: str | None = None


def chosen_schema(
    schema: Schema, edits: Mapping[str, ColumnEdit], *, ranges: Mapping[str, tuple[float | None, float | None]]
) -> Schema:
    """The schema with the analyst's types and treatments.

    Parameters
    ----------
    ranges : mapping of column to (smallest, largest)
        For the step of numbers that are rounded without saying how.

    Raises
    ------
    InvalidConfig
        With every problem at once.
    """
    problems, columns = [], []
    for name, edit in edits.items():
        try:
            columns.append(_edited(schema[name], edit, *ranges.get(name, (None, None))))
        except InvalidConfig as error:
            problems.append(str(error))
    if problems:
        raise InvalidConfig(" ".join(problems), field="type")
    return schema.replacing(*columns)


def _edited(column: Column, edit: ColumnEdit, low: float | None, high: float | None) -> Column:
    if edit.type is not None:
        try:
            kind = ColumnType(edit.type)
        except ValueError:
            raise InvalidConfig(f"{edit.type!r} is not a column type; choose one of {listed(ColumnType)}.") from None
        column = retype(column, kind)
    if edit.treatment is None and edit.detail is None:
        return column
    choice = Choice(edit.treatment) if edit.treatment in set(Choice) else edit.treatment
    if choice is None:
        choice = choice_of(column)
    detail = edit.detail or ""
    if edit.treatment is None and detail and choice is Choice.MODEL:
        choice = Choice.GENERALISE  # somebody who writes "month" beside a date means it
    return with_choice(column, choice, detail, low=low, high=high)


def edits_from_texts(types: Mapping[str, str], treatments: Mapping[str, str]) -> dict[str, ColumnEdit]:
    """Edits as they are typed: types by column, and treatments such as `generalise:bands of 10` by column."""
    edits = {}
    for name in dict.fromkeys((*types, *treatments)):
        choice, _, detail = treatments.get(name, "").partition(":")
        edits[name] = ColumnEdit(
            type=types.get(name), treatment=choice.strip() or None, detail=detail.strip() or None
        )  # fmt: skip
    return edits


def ranges_of(reading: Reading) -> dict[str, tuple[float | None, float | None]]:
    """Smallest and largest number of every column of a reading."""
    return {one.name: (one.low, one.high) for one in reading.summary.columns} if reading.summary else {}


def encoded_widths(session: Session, reading: Reading, schema: Schema) -> dict[str, int]:
    """Slots that every column will take in an encoded row under the default settings; 0 where it is not learned.

    Numbers are foreseen from a sample of rows, so a real run may differ by a few slots.
    """
    table = job_folder(session, reading.id) / "table.parquet"
    return {column.name: _width(table, reading, column) for column in schema}


def _width(table: Path, reading: Reading, column: Column) -> int:
    if column.treatment is not Treatment.MODEL:
        return 0
    if column.coarser:
        return _coarse_width(table, column)
    if column.is_number:
        return reading.number_widths.get(column.name, 1)
    return level_width(column.n_levels, has_missing=column.n_missing > 0)


def _coarse_width(table: Path, column: Column) -> int:
    """From the values themselves: how many bands or beginnings there are is not known before."""
    coarser_of(column.coarser)
    values = coarsened_column(pq.read_table(table, columns=[column.name]).column(0), column.name, column.coarser)
    if column.is_number:
        return number_width(as_work_numbers(values), column)
    return level_width(int(values.nunique()), has_missing=bool(values.isna().any()))


def to_sdv_json(schema: Schema) -> str:
    """SDV's metadata of a schema as JSON text."""
    return json.dumps(to_sdv(schema), indent=2, ensure_ascii=False)


def from_sdv_json(text: str | bytes, schema: Schema) -> Schema:
    """The schema with the types of SDV's metadata.

    Raises
    ------
    InvalidConfig
        If it is no metadata of one table, or a type does not fit its column.
    SchemaMismatch
        If it describes columns that the table lacks.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidConfig("The metadata is not JSON.", "Save it with SDV's save_to_json.", field="metadata") from None
    if not isinstance(value, Mapping):
        raise InvalidConfig("This is no SDV metadata: it lists no columns.", field="metadata")
    return from_sdv(value, schema)


def changed_columns(before: Schema, after: Schema) -> Sequence[str]:
    """Names of columns that differ."""
    return [new.name for old, new in zip(before, after, strict=True) if old != new]
