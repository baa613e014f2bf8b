"""SDV's metadata of a table, read into a schema's types and written from them; plain JSON, without SDV itself.

SDV describes a single table as `{"tables": {name: {"columns": {column: {"sdtype": ...}}}}}` (version V1), and in older
files (SINGLE_TABLE_V1) as `{"columns": ...}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidConfig, SchemaMismatch, listed
from core.profiling.infer import retype
from core.schema import Column, ColumnType, Schema, Storage

SDTYPES = {
    ColumnType.CONTINUOUS: "numerical",
    ColumnType.CATEGORICAL: "categorical",
    ColumnType.ORDINAL: "categorical",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATETIME: "datetime",
    ColumnType.IDENTIFIER: "id",
    ColumnType.TEXT: "unknown",
    ColumnType.CONSTANT: "categorical",
}
PERSONAL_SDTYPES = {
    "e-mail": "email", "phone": "phone_number", "card number": "credit_card_number", "IBAN": "iban",
    "national id": "ssn", "name": "name", "address": "address", "postcode": "postcode", "ip address": "ipv4",
    "url": "url", "mac address": "mac_address",
}  # fmt: skip
KINDS = {sdtype: kind for kind, sdtype in PERSONAL_SDTYPES.items()}
TYPES = {
    "numerical": ColumnType.CONTINUOUS, "categorical": ColumnType.CATEGORICAL, "boolean": ColumnType.BOOLEAN,
    "datetime": ColumnType.DATETIME, "id": ColumnType.IDENTIFIER, "unknown": ColumnType.TEXT, "text": ColumnType.TEXT,
}  # fmt: skip


def to_sdv(schema: Schema, *, table: str = "table") -> dict[str, Any]:
    """SDV metadata of a schema, as `sdv.metadata.Metadata.load_from_dict` takes it.

    The first identifier without repeats is its primary key.
    """
    columns: dict[str, Any] = {column.name: _to_sdv(column) for column in schema}
    value: dict[str, Any] = {"columns": columns}
    keys = [name for name, one in columns.items() if one["sdtype"] == "id" and _never_repeats(schema[name], schema)]
    if keys:
        value["primary_key"] = keys[0]
    return {"tables": {table: value}, "relationships": [], "METADATA_SPEC_VERSION": "V1"}


def _never_repeats(column: Column, schema: Schema) -> bool:
    most = max((one.n_levels + one.n_missing for one in schema), default=0)
    return column.n_missing == 0 and column.n_levels == most and column.n_levels > 1


def _to_sdv(column: Column) -> dict[str, Any]:
    if column.personal in PERSONAL_SDTYPES and column.type in (ColumnType.TEXT, ColumnType.IDENTIFIER):
        return {"sdtype": PERSONAL_SDTYPES[column.personal], "pii": True}
    value: dict[str, Any] = {"sdtype": SDTYPES[column.type]}
    if column.type is ColumnType.BOOLEAN and column.storage is not Storage.BOOLEAN:
        value["sdtype"] = "categorical"  # SDV's booleans are true and false only, not yes and no or 1 and 0
    if column.type is ColumnType.DATETIME:
        layout = "%Y-%m-%d" if column.storage is Storage.DATE else "%Y-%m-%d %H:%M:%S"
        value["datetime_format"] = column.format or layout
    if column.type is ColumnType.TEXT:
        value["pii"] = True
    return value


def from_sdv(value: Mapping[str, Any], schema: Schema) -> Schema:
    """The schema with the types that SDV metadata gives its columns.

    Raises
    ------
    InvalidConfig
        If it is no metadata of one table, or a type does not fit its column.
    SchemaMismatch
        If it speaks of columns that the table lacks.
    """
    columns = _columns(value)
    strange = [name for name in columns if name not in schema]
    if strange:
        raise SchemaMismatch(f"The metadata describes columns that the table lacks: {listed(strange)}.")
    return schema.replacing(*(_from_sdv(schema[name], one) for name, one in columns.items()))


def _columns(value: Mapping[str, Any]) -> Mapping[str, Any]:
    tables = value.get("tables")
    if isinstance(tables, Mapping):
        if len(tables) != 1:
            raise InvalidConfig(f"The metadata describes {len(tables)} tables; one is needed.", field="metadata")
        value = next(iter(tables.values()))
    columns = value.get("columns") if isinstance(value, Mapping) else None
    if not isinstance(columns, Mapping) or not all(isinstance(one, Mapping) for one in columns.values()):
        raise InvalidConfig("This is no SDV metadata: it lists no columns.", field="metadata")
    return columns


def _from_sdv(column: Column, value: Mapping[str, Any]) -> Column:
    sdtype = str(value.get("sdtype", "unknown"))
    if sdtype in KINDS:
        return retype(column, ColumnType.TEXT) if column.personal is None else column
    new = TYPES.get(sdtype, ColumnType.TEXT)
    alike = new is ColumnType.CATEGORICAL and column.is_levels  # categorical says less than ordinal or boolean
    if new is column.type or alike or (new is ColumnType.TEXT and column.type is ColumnType.IDENTIFIER):
        return column
    return retype(column, new)
