"""Treating: real rows with every column's treatment applied, the de-identified alternative to synthetic rows."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import InvalidConfig
from core.jobs.context import JobContext
from core.jobs.ids import check_id
from core.jobs.protocol import JobState
from core.profiling.treatment import pseudonyms
from core.schema import Column, ColumnType, Schema, Storage, Treatment
from core.synthesis.regenerate import regenerate, regenerate_for
from core.tables import read_frame, write_csv, write_parquet

DEFAULT_LOCALE = "en_US"


def run(context: JobContext) -> JobState:
    """Write `tables/<id>.parquet` and, in the job, `treated.csv` and `treated.json`."""
    config = context.config
    with context.reading_settings():
        treated_id = check_id(config["treated_id"], "treated")
        schema = Schema.from_json(config["schema"])
        sources = [context.existing(path, "the real rows") for path in config["sources"]]
        key = context.existing(config["key"], "the key of pseudonyms").read_bytes()
        locale = str(config.get("locale") or DEFAULT_LOCALE)
    context.step(0.05, "Reading the real rows")
    frame = pd.concat([read_frame(path, schema) for path in sources], ignore_index=True)
    frame, schema = treated(frame, schema, key=key, locale=locale, tell=context.step)
    context.step(0.85, "Storing the rows")
    _store(frame, schema, context.session / "tables" / f"{treated_id}.parquet")
    write_csv(frame, schema, context.folder / "treated.csv")
    released = [dataclasses.replace(column, n_missing=0, n_levels=0) for column in schema]
    context.write_json(
        "treated.json", {"n_rows": len(frame), "schema": Schema(columns=tuple(released)).to_json()}
    )  # fmt: skip
    return JobState.DONE


def treated(
    frame: pd.DataFrame, schema: Schema, *, key: bytes, locale: str = DEFAULT_LOCALE, tell=lambda share, message: None
) -> tuple[pd.DataFrame, Schema]:
    """Real rows with the treatment of every column, in an order of their own; and the schema of what is left.

    Values that are learned stay as they are (coarser ones were made so before); regenerated ones are replaced, the same
    real value by the same new one; pseudonyms are keyed; what is left out is gone.

    Parameters
    ----------
    frame : work frame
    key : bytes
        Of pseudonyms; it also decides the regenerated values and the order of rows, so that nobody without it can undo
        either.
    """
    columns, kept = {}, []
    for place, column in enumerate(schema):
        tell(0.1 + 0.7 * place / len(schema), f"Treating {column.name[:60]}")
        if column.treatment is Treatment.LEAVE_OUT:
            continue
        columns[column.name], new = _column(frame[column.name], column, key, locale)
        kept.append(new)
    if not columns:
        raise InvalidConfig("Every column is left out; there is no treated table.", field="treatment")
    order = np.random.default_rng(_seed(key, "order of rows")).permutation(len(frame))
    out = pd.DataFrame(columns, copy=False).iloc[order].reset_index(drop=True)
    return out, Schema(columns=tuple(kept))


def _column(series: pd.Series, column: Column, key: bytes, locale: str) -> tuple[pd.Series, Column]:
    if column.treatment is Treatment.MODEL:
        return series, column
    if column.pseudonym:
        texts = pseudonyms(series.astype(object).where(series.notna(), None), key)
        named = dataclasses.replace(column, type=ColumnType.IDENTIFIER, storage=Storage.TEXT, format=None, pattern=None)
        return _levels(texts.astype(object)), named
    codes, values = pd.factorize(series, use_na_sentinel=True)
    if column.personal:
        texts = [hmac.new(key, f"{column.name}\x00{value}".encode(), hashlib.sha256).digest() for value in values]
        new = regenerate_for(column, [int.from_bytes(digest[:8], "big") for digest in texts], locale=locale)
    else:
        new = regenerate(column, len(values), seed=_seed(key, column.name), locale=locale).astype(object)
        new = new.iloc[np.random.default_rng(_seed(key, column.name)).permutation(len(new))]
    lookup = np.append(np.asarray(new, dtype=object), None)
    out = pd.Series(lookup[codes], index=series.index)
    if column.type is ColumnType.DATETIME:
        return pd.to_datetime(out, errors="coerce").astype("datetime64[us]"), column
    if column.type is ColumnType.CONTINUOUS:
        return pd.to_numeric(out, errors="coerce").astype("float64"), column
    return _levels(out), column


def _levels(texts: pd.Series) -> pd.Series:
    codes, levels = pd.factorize(texts.where(texts.notna(), None), use_na_sentinel=True)
    categories = pd.Index([str(level) for level in levels], dtype=object)
    return pd.Series(pd.Categorical.from_codes(codes, categories=categories), index=texts.index)


def _seed(key: bytes, what: str) -> int:
    return int.from_bytes(hmac.new(key, what.encode(), hashlib.sha256).digest()[:6], "big")


def _store(frame: pd.DataFrame, schema: Schema, path: Path) -> None:
    aside = path.with_name(f".{path.name}.part")
    try:
        write_parquet(frame, schema, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
