"""A model to hand on: weights and JSON, with a list of what in it was taken from the train rows."""

from __future__ import annotations

import copy
import json
import math
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from core.dataset import content_id
from core.errors import CheckpointRejected
from core.schema import Schema
from core.synthesis.encode import Encoder
from core.tables import as_numbers

MIN_SUPPORT = 10
"""Train rows below which a level or a number in a model is flagged."""

RARE = "(rare levels)"
OFFSETS = "offsets"
INNER = "numbers inside a mode"
WEIGHTS, META = "model.safetensors", "meta.json"
REMEMBER = (
    "Weights are numbers that were fitted to the train rows. They hold no row, but they may still remember some: only "
    "training with differential privacy would bound that. The privacy tests of the report are what was looked for."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One text or number of a model that comes from the train rows.

    Parameters
    ----------
    column : str
    what : str
        `level`, `rare level`, `constant`, `repeated value`, `mode`, `lowest value`, `highest value`, `offsets` or
        `numbers inside a mode`. Offsets are what moves the column's shares in rows that begin with a level of another
        column, which is the value. Numbers inside a mode are means of equal parts of the train rows there; the value
        is the mode's. In both cases the rows are the fewest that stand behind one of the numbers.
    value : str or float
    n_rows : int or None
        Train rows behind it; of a mode the rows whose value lies within two of its standard deviations.
    flagged : bool
        Whether fewer than the wanted number of rows stand behind it.
    """

    column: str
    what: str
    value: str | float
    n_rows: int | None
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a model's files hold.

    Parameters
    ----------
    taken : tuple of Taken
    n_train : int
    longest_array : int
        Longest dimension of any tensor or list in the model.
    min_support : int
    """

    taken: tuple[Taken, ...]
    n_train: int
    longest_array: int
    min_support: int

    @property
    def flagged(self) -> tuple[Taken, ...]:
        """Those with too few rows behind them."""
        return tuple(one for one in self.taken if one.flagged)

    @property
    def holds_no_row_array(self) -> bool:
        """Whether no array is as long as the table. Says little for a table shorter than a layer is wide."""
        return self.longest_array < self.n_train

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "n_train": self.n_train,
            "min_support": self.min_support,
            "n_taken": len(self.taken),
            "n_flagged": len(self.flagged),
            "longest_array": self.longest_array,
            "no_array_as_long_as_the_table": self.holds_no_row_array,
            "weights": REMEMBER,
            "taken": [asdict(one) for one in self.taken],
        }


def scan_model(folder: Path, train: pd.DataFrame, schema: Schema, *, min_support: int = MIN_SUPPORT) -> Scan:
    """List every text and number in a checkpoint that was taken from the train rows, with the rows behind it.

    Parameters
    ----------
    folder : path of a checkpoint
    train : work frame of the train rows of its run
    schema : Schema
    min_support : int
        Rows below which something is flagged.
    """
    meta = _meta(folder)
    taken: list[Taken] = []
    for code in meta["columns"]:
        if code["column"] in train.columns:
            taken += _of_column(code, train[code["column"]], min_support)
    taken += _offsets(meta, min_support)
    taken += _inner(meta, min_support)
    lengths = [_longest(meta)]
    with safe_open(folder / WEIGHTS, framework="numpy") as weights:
        lengths += [max(weights.get_slice(name).get_shape(), default=0) for name in weights.keys()]  # noqa: SIM118
    return Scan(taken=tuple(taken), n_train=len(train), longest_array=max(lengths), min_support=min_support)


def _of_column(code: Mapping[str, Any], series: pd.Series, k: int) -> Iterator[Taken]:
    column, kind = code["column"], code["kind"]

    def one(what: str, value: str | float, n_rows: int | None) -> Taken:
        return Taken(column=column, what=what, value=value, n_rows=n_rows, flagged=n_rows is not None and n_rows < k)

    if kind == "constant":
        if code["value"] is not None:
            yield one("constant", code["value"], int(series.notna().sum()))
        return
    if kind == "levels":
        counts = series.value_counts()
        for what, levels in (("level", code["levels"]), ("rare level", code["tail"])):
            for level in levels:
                yield one(what, level, int(counts.get(level, 0)))
        return
    numbers = as_numbers(series)
    numbers = numbers[np.isfinite(numbers)]
    for value in code["spikes"]:
        yield one("repeated value", value, int((numbers == value).sum()))
    for mean, scale in zip(code["means"], code["scales"], strict=True):
        centre = code["origin"] + mean
        yield one("mode", centre, int((np.abs(numbers - centre) <= 2 * scale).sum()))
    for what, name in (("lowest value", "low"), ("highest value", "high")):
        yield one(what, code[name], int((numbers == code[name]).sum()))


def _offsets(meta: Mapping[str, Any], k: int) -> Iterator[Taken]:
    """What the offsets were taken from: a level of one column beside the levels or modes of another."""
    offsets = meta.get("offsets") or {"conditions": [], "rows": []}
    encoder = Encoder.from_json(meta["columns"], meta.get("rules"))
    spans, asked = encoder.layout.spans, list(_levels(encoder))
    for number, rows in zip(offsets["conditions"], offsets["rows"], strict=True):
        for span, n_rows in zip(spans, rows, strict=True):
            if n_rows:
                yield Taken(
                    column=span.column, what=OFFSETS, value=asked[number], n_rows=n_rows, flagged=n_rows < k
                )  # fmt: skip


def _inner(meta: Mapping[str, Any], k: int) -> Iterator[Taken]:
    """What the distributions inside modes were taken from."""
    layout = Encoder.from_json(meta["columns"], meta.get("rules")).layout
    spans = {span.column: span for span in layout.spans}
    codes = {code["column"]: code for code in meta["columns"]}
    for scalar, slot, _, n_rows in meta.get("inner") or ():
        column = layout.scalars[scalar]
        centre = codes[column]["origin"] + codes[column]["means"][slot - spans[column].start]
        yield Taken(column=column, what=INNER, value=centre, n_rows=n_rows, flagged=n_rows < k)


def _levels(encoder: Encoder) -> Iterator[str]:
    """Every level that can be asked for, in the order of the conditions."""
    for span in encoder.layout.spans:
        if span.is_levels:
            yield from (f"{span.column} = {label}" for label in encoder.by_column[span.column].labels)


def write_model(
    target: Path, folder: Path, scan: Scan, schema: Schema, *, scrub: bool, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a model folder to hand on: weights, meta data, schema, scan, and a page that says what it is.

    Parameters
    ----------
    target : path of the folder to make
    folder : path of the checkpoint
    scan : Scan
    schema : Schema, as it may leave
    scrub : bool
        Whether flagged levels are merged under one label and flagged numbers rounded to two digits.
    about : mapping
        Dataset, run and epoch, for the page.

    Returns
    -------
    dict of file name to size in bytes
    """
    target.mkdir(parents=True)
    meta = _meta(folder)
    meta.pop("n_rows", None)
    if scrub and (meta.get("offsets") or meta.get("inner")):
        _write_scrubbed_weights(target / WEIGHTS, folder, meta, scan.min_support)
    else:
        shutil.copyfile(folder / WEIGHTS, target / WEIGHTS)
    if scrub:
        meta["columns"] = [_scrubbed(code, scan) for code in meta["columns"]]
    meta["n_rows"] = 0
    meta["content"] = content_id(meta)
    (target / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    (target / "schema.json").write_text(json.dumps(schema.to_json(), indent=2, ensure_ascii=False), encoding="utf-8")
    shown = scan.to_json() | {"scrubbed": scrub}
    if scrub:  # what was taken out of the model must not stand beside it
        shown["taken"] = [one | {"value": None} if one["flagged"] else one for one in shown["taken"]]
    (target / "scan.json").write_text(json.dumps(shown, indent=2, ensure_ascii=False), encoding="utf-8")
    (target / "README.md").write_text(_readme(scan, scrub, about), encoding="utf-8")
    return {path.name: path.stat().st_size for path in sorted(target.iterdir())}


def _write_scrubbed_weights(path: Path, folder: Path, meta: dict[str, Any], k: int) -> None:
    """Weights in which what too few rows stand behind is taken out; the meta data say that there is none."""
    tensors = load_file(folder / WEIGHTS)
    if meta.get("offsets"):
        rows = np.array(meta["offsets"]["rows"])
        few = (rows > 0) & (rows < k)
        for at, span in enumerate(Encoder.from_json(meta["columns"], meta.get("rules")).layout.spans):
            tensors[OFFSETS][few[:, at], span.start : span.start + span.width] = 0
        meta["offsets"] = meta["offsets"] | {"rows": np.where(few, 0, rows).tolist()}
    if meta.get("inner"):
        kept = np.repeat([one[3] >= k for one in meta["inner"]], [one[2] for one in meta["inner"]])
        meta["inner"] = [one for one in meta["inner"] if one[3] >= k] or None
        for name in ("inner.drawn", "inner.wanted"):
            tensors[name] = tensors[name][kept]
            if meta["inner"] is None:
                del tensors[name]
    save_file(tensors, path)


def _scrubbed(code: Mapping[str, Any], scan: Scan) -> dict[str, Any]:
    """A column's code with flagged levels under one label, and flagged numbers rounded."""
    new = copy.deepcopy(dict(code))
    flagged = {(one.what, one.value) for one in scan.flagged if one.column == code["column"]}
    if code["kind"] == "levels":
        for what, name in (("level", "levels"), ("rare level", "tail")):
            new[name] = [RARE if (what, level) in flagged else level for level in code[name]]
    elif code["kind"] == "numbers":
        digits = 2
        new["spikes"] = [_round(v, digits) if ("repeated value", v) in flagged else v for v in code["spikes"]]
        if ("lowest value", code["low"]) in flagged:
            new["low"] = _outward(code["low"], digits, math.floor)
        if ("highest value", code["high"]) in flagged:
            new["high"] = _outward(code["high"], digits, math.ceil)
    return new


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _outward(value: float, digits: int, towards: Any) -> float:
    """A bound moved outwards to a number of `digits` significant digits."""
    if not value:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    return float(towards(value / unit) * unit)


def _meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        content = meta.pop("content")
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointRejected(f"The checkpoint {folder.name!r} cannot be read: {error}.") from error
    if content_id(meta) != content:
        raise CheckpointRejected(f"The checkpoint {folder.name!r} was altered after it was saved.", "Take another one.")
    return meta


def _longest(value: Any) -> int:
    """Length of the longest list anywhere in a JSON value."""
    if isinstance(value, Mapping):
        return max((_longest(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return max([len(value), *(_longest(one) for one in value)])
    return 0


def _readme(scan: Scan, scrub: bool, about: Mapping[str, Any]) -> str:
    lines = "\n".join(f"- {name}: {value}" for name, value in about.items())
    done = "merged or rounded" if scrub else "left as they are"
    row = "no array in it is as long as the table" if scan.holds_no_row_array else "an array is as long as the table"
    return (
        "# A model of Doppel\n\n"
        f"{lines}\n\n"
        "Draw rows from it with `python -m core sample THIS_FOLDER --rows 1000 --out rows.csv`, or from Python with "
        "`core.synthesis.synthesizer.Synthesizer.load(THIS_FOLDER).sample(1000)`.\n\n"
        f"`scan.json` lists {len(scan.taken):,} texts and numbers that were taken from {scan.n_train:,} train rows. "
        f"{len(scan.flagged):,} of them have fewer than {scan.min_support} rows behind them; they were {done}. "
        f"The longest array has {scan.longest_array:,} entries: {row}.\n\n{REMEMBER}\n"
    )
