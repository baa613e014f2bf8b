"""Files that give their columns types: Parquet, Feather, JSON and DuckDB databases."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UnreadableFile, listed
from core.limits import MAX_COLUMNS
from core.reading.convert import Source, convert, guess_kinds
from core.reading.diagnosis import Finding
from core.reading.dialect import unique_names
from core.reading.engine import connect, path_text, quoted
from core.reading.options import ReadOptions
from core.reading.result import Progress, ReadResult

TIMES = ("TIME", "TIME WITH TIME ZONE", "TIME_NS")
SAMPLED_ROWS = 20_000
DUCKDB_SETTINGS = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "2GB",
}


def read_parquet(source: Path, target: Path, options: ReadOptions, progress: Progress) -> ReadResult:
    """Read a Parquet file into the Parquet of a session: plain types, no nesting."""
    return _read(f"read_parquet({path_text(source)})", source, target, options, progress, texts_are_typed=True)


def read_feather(source: Path, target: Path, options: ReadOptions, progress: Progress) -> ReadResult:
    """Read a Feather (Arrow) file."""
    plain = target.with_suffix(".arrow.parquet")
    try:
        with (
            pa.memory_map(str(source)) as mapped,
            pa.ipc.open_file(mapped) as file,
            pq.ParquetWriter(plain, file.schema) as writer,
        ):
            for number in range(file.num_record_batches):
                writer.write_batch(file.get_batch(number))
        return read_parquet(plain, target, options, progress)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"The Feather file {source.name!r} cannot be read: {_first(error)}.") from error
    finally:
        plain.unlink(missing_ok=True)


def read_json(source: Path, target: Path, options: ReadOptions, progress: Progress, *, lines: bool) -> ReadResult:
    """Read a JSON array of objects, or one object per line. Texts in it are looked at like those of a CSV file."""
    layout = "newline_delimited" if lines else "auto"
    relation = (
        f"read_json({path_text(source)}, format='{layout}', maximum_object_size=100000000, "
        "convert_strings_to_integers=false, sample_size=-1, records=true)"
    )
    return _read(relation, source, target, options, progress, texts_are_typed=False)


def read_duckdb(source: Path, target: Path, options: ReadOptions, progress: Progress) -> ReadResult:
    """Read a table or query of a DuckDB file, opened read-only, without access to anything else."""
    plain = target.with_suffix(".database.parquet")
    try:
        with duckdb.connect(str(source), read_only=True, config=DUCKDB_SETTINGS) as database:
            rows = database.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name"
            )
            names = tuple(name for (name,) in rows.fetchall())
            query, findings = chosen_table(list(names), options, source)
            reader = database.sql(query).to_arrow_reader(100_000)
            with pq.ParquetWriter(plain, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
        result = read_parquet(plain, target, options, progress)
    except duckdb.Error as error:
        raise UnreadableFile(
            f"The DuckDB file {source.name!r} cannot be read: {_first(error)}.",
            "Close programs that have it open; files of a newer DuckDB have to be exported as Parquet.",
        ) from error
    except pa.ArrowException as error:
        raise UnreadableFile(f"The table of {source.name!r} cannot be read: {_first(error)}.") from error
    finally:
        plain.unlink(missing_ok=True)
    return replace(result, findings=(*findings, *result.findings), choices={"table": names})


def chosen_table(names: list[str], options: ReadOptions, source: Path) -> tuple[str, list[Finding]]:
    """The query to run on a database file: the analyst's, or one table, with a finding where there are several.

    Raises
    ------
    UnreadableFile
        If there is no table, or not the wanted one, or the query is more than one selection.
    """
    wanted = options.table
    if wanted is not None and re.match(r"\s*(select|with)\s", wanted, flags=re.IGNORECASE):
        if ";" in wanted.strip().rstrip(";"):
            raise UnreadableFile("A query must be one selection.", "Take out the semicolon.")
        return wanted.strip().rstrip(";"), []
    if not names:
        raise UnreadableFile(f"The database {source.name!r} holds no table.", "Choose another file.")
    if wanted is not None and wanted not in names:
        raise UnreadableFile(f"The database {source.name!r} holds no table {wanted!r}.", f"It holds: {listed(names)}.")
    name = wanted if wanted is not None else names[0]
    findings = []
    if wanted is None and len(names) > 1:
        others = names[1:]
        findings.append(
            Finding(
                code="tables-several", severity="warning", place=name, remedy={"table": others[0]},
                message=f"The database holds {len(names)} tables; {name!r} was read, not {listed(others)}.",
            )
        )  # fmt: skip
    return f"SELECT * FROM {quoted(name)}", findings


def _read(
    relation: str, source: Path, target: Path, options: ReadOptions, progress: Progress, *, texts_are_typed: bool
) -> ReadResult:
    with connect(target.parent) as connection:
        try:
            described = [row[:2] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
            progress(0.2, "Found the columns")
            if len(described) > MAX_COLUMNS:
                raise UnreadableFile(
                    f"The file {source.name!r} has {len(described):,} columns; the limit is {MAX_COLUMNS:,}.",
                    "Choose columns first.",
                )
            _check_is_table(described, source)
            findings: list[Finding] = []
            names = unique_names([name for name, _ in described], findings)
            cells = [
                _plain(quoted(given), kind, name, findings)
                for (given, kind), name in zip(described, names, strict=True)
            ]
            # times of day are read as the texts of a file are: there is no type for them alone
            is_text = [kind in TIMES or (kind == "VARCHAR" and not texts_are_typed) for _, kind in described]
            table = Source(relation=relation, cells=tuple(cells), names=names, typed=tuple(not one for one in is_text))
            sample = []
            if any(is_text):
                wanted = ", ".join(cell if one else "NULL" for cell, one in zip(cells, is_text, strict=True))
                rows = connection.execute(f"SELECT {wanted} FROM {relation} LIMIT {SAMPLED_ROWS}").fetchall()
                sample = [[cell or "" for cell in row] for row in rows]
            kinds = convert(connection, table, guess_kinds(table, sample, options), target, options, sample)
        except duckdb.Error as error:
            if "expected records" in str(error):
                raise _no_records(source) from error
            raise UnreadableFile(
                f"The file {source.name!r} cannot be read as a table: {_first(error)}.", "Check that it is complete."
            ) from error
    progress(0.9, "Stored the table")
    return ReadResult(kinds=tuple(kinds), names=names, options=options, findings=tuple(findings))


def _check_is_table(described: list[tuple[str, str]], source: Path) -> None:
    if [name for name, _ in described] == ["json"]:
        raise _no_records(source)


def _no_records(source: Path) -> UnreadableFile:
    return UnreadableFile(
        f"The JSON of {source.name!r} is not a list of records.",
        'Write it as [{"column": value, ...}, ...] or with one such record per line.',
    )


def _plain(cell: str, kind: str, name: str, findings: list[Finding]) -> str:
    """SQL for a cell in one of the types that a session's tables have."""
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "JSON", "VARIANT")):
        findings.append(
            Finding(
                code="nested", severity="warning", place=f"column {name}",
                message=f"{name!r} holds lists or records inside its cells; they are read as texts.",
                guess="The file is nested; a flat table with a row per inner record may be what you want.",
            )
        )  # fmt: skip
        return f"to_json({cell})::VARCHAR"
    if kind == "BLOB" or kind.startswith("BIT"):
        findings.append(
            Finding(
                code="binary", severity="warning", place=f"column {name}",
                message=f"{name!r} holds bytes; they are read as texts of hexadecimal digits.",
            )
        )  # fmt: skip
        return f"hex({cell})" if kind == "BLOB" else f"{cell}::VARCHAR"
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"):
        return f"{cell}::BIGINT"
    if kind in ("UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM") or kind.startswith("DECIMAL"):
        return f"{cell}::DOUBLE"
    if kind == "FLOAT":
        # 0.1 as a float is 0.1 to a person, not 0.10000000149
        return f"CASE WHEN isfinite({cell}) THEN {cell}::VARCHAR::DOUBLE END"
    if kind == "DOUBLE":
        return f"CASE WHEN isfinite({cell}) THEN {cell} END"
    if kind.startswith("TIMESTAMP"):
        return f"timezone('UTC', {cell})" if "TIME ZONE" in kind else f"{cell}::TIMESTAMP"
    if kind in TIMES:
        return f"{cell}::TIME::VARCHAR"
    if kind in ("BIGINT", "BOOLEAN", "DATE", "VARCHAR"):
        return cell
    return f"{cell}::VARCHAR"  # intervals, UUIDs, enumerations


def _first(error: Exception) -> str:
    """The first line of an error, without the engine's own label and full stop."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = re.sub(r' in file "[^"]*"', "", line)
    return re.sub(r"^\w[\w ]* Error: ", "", line)[:200].rstrip(". ")
