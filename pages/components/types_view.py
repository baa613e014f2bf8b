"""What each column represents and what happens to it: one table to edit, and what the choices do to the model."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.schema import ColumnType, Schema
from core.workbench import choices
from core.workbench.choices import Choice, ColumnEdit
from core.workbench.data import Reading
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import count, name, short, text

NOTHING = "–"
LONGEST_NAME = 200
ROWS_SHOWN = 18
MANY_COLUMNS = 25
EDITED = ("Type", "Treatment", "Detail")
HELP = {
    "Treatment": "model: learned as it is. generalise: made coarser first. regenerate: made anew, never learned. "
    "pseudonym: keyed pseudonyms in the treated real table, made anew in the synthetic one. leave out: in neither.",
    "Detail": "For generalise: month, year, first 3 signs, bands of 10, rounded to 100. For regenerate: a locale such "
    "as de_DE, or a pattern such as AB-9999. Empty takes what suits the column.",
    "Width": "Slots that the column takes in a row of the model, foreseen from a sample. Wide columns cost time.",
}


def types_editor(here: Session, reading: Reading) -> Schema | None:
    """The editor of types and treatments; the schema as set, or None while a choice is impossible."""
    st.subheader("What each column represents", anchor=False)
    st.markdown(
        ":gray[The type decides how a column is learned, the treatment whether. Change them where the reason does not "
        "convince you: double-click a cell, or press Enter on it.]"
    )
    base = st.session_state.get(f"base-{reading.id}", reading.schema)
    _personal(reading, base)
    wanted = ""
    if len(base) > MANY_COLUMNS:
        wanted = st.text_input(
            "Show columns whose name contains", key="type-filter", icon=":material/search:", placeholder="All columns"
        )
    widths = _widths(here, reading, base)
    kept = _edited(reading, _table(reading, base, widths), base, wanted)
    try:
        schema = choices.chosen_schema(base, kept, ranges=choices.ranges_of(reading))
    except UserError as error:
        show_error(error)
        schema = None
    if schema is not None:
        _effects(here, reading, base, schema, widths)
    _metadata(reading, base if schema is None else schema)
    return schema


def _widths(here: Session, reading: Reading, schema: Schema) -> dict[str, int]:
    cache = st.session_state.setdefault(f"widths-{reading.id}", {})
    key = repr([(one.type, one.treatment, one.coarser) for one in schema])
    if key not in cache:
        cache[key] = choices.encoded_widths(here, reading, schema)
    return cache[key]


def _table(reading: Reading, schema: Schema, widths: dict[str, int]) -> pd.DataFrame:
    n_rows = max(reading.diagnosis.n_rows, 1)
    personal = [
        f"{column.personal}, {reading.personal[column.name].confidence}"
        if column.personal and column.name in reading.personal
        else column.personal or NOTHING
        for column in schema
    ]
    return pd.DataFrame(
        {
            "Column": [short(column.name, LONGEST_NAME) for column in schema],
            "Type": [str(column.type) for column in schema],
            "Treatment": [str(choices.choice_of(column)) for column in schema],
            "Why": [column.reason for column in schema],
            "Detail": [choices.detail_of(column) for column in schema],
            "Width": [widths[column.name] for column in schema],
            "Personal": personal,
            "Missing": [100 * column.n_missing / n_rows for column in schema],
            "Levels": [column.n_levels for column in schema],
        }
    )


def _edited(reading: Reading, base: pd.DataFrame, schema: Schema, wanted: str) -> dict[str, ColumnEdit]:
    """What the analyst set, in all columns, also those that the filter hides now."""
    shown = base[base["Column"].str.contains(wanted, case=False, regex=False)] if wanted else base
    turn = st.session_state.setdefault(f"types-turn-{reading.id}", 0)
    edited = st.data_editor(
        shown,
        key=f"types-{reading.id}-{turn}-{wanted}",
        hide_index=True,
        num_rows="fixed",
        height="content" if len(shown) <= ROWS_SHOWN else 560,
        disabled=[column for column in base.columns if column not in EDITED],
        column_config={
            "Column": st.column_config.TextColumn(width="medium", pinned=True),
            "Type": st.column_config.SelectboxColumn(
                options=[str(one) for one in ColumnType], required=True, width=110
            ),
            "Treatment": st.column_config.SelectboxColumn(
                options=[str(one) for one in Choice], required=True, width=110, help=HELP["Treatment"]
            ),
            "Detail": st.column_config.TextColumn(width=120, help=HELP["Detail"], max_chars=100),
            "Width": st.column_config.NumberColumn(format="localized", width="small", help=HELP["Width"]),
            "Why": st.column_config.TextColumn(width=300, help="What decided the type. Open a cell to read all of it."),
            "Missing": st.column_config.NumberColumn(format="%.1f %%", help="Share of missing cells.", width="small"),
            "Levels": st.column_config.NumberColumn(format="localized", help="Distinct present values.", width="small"),
            "Personal": st.column_config.TextColumn(
                help="Kind of personal data that was recognised, and how sure that is.", width=150
            ),
        },
        alt="Columns of the table with type, treatment, width, personal data, missing share, levels and reason",
    )
    kept: dict[str, ColumnEdit] = st.session_state.setdefault(f"typed-{reading.id}", {})
    for row, at in enumerate(shown.index):
        changes = {
            field.lower(): edited[field].iloc[row] or ""
            for field in EDITED
            if (edited[field].iloc[row] or "") != shown[field].iloc[row]
        }
        column = schema.names[at]  # by place: the names shown may be shortened
        if changes:
            kept[column] = ColumnEdit(**changes)
        else:
            kept.pop(column, None)
    return kept


def _personal(reading: Reading, schema: Schema) -> None:
    """Every find of personal data, with how sure it is, why, and masked examples."""
    found = [column for column in schema if column.name in reading.personal]
    if not found:
        return
    with st.expander(f"{count(len(found), 'column')} with personal data", icon=":material/shield_person:"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Column": [short(column.name, LONGEST_NAME) for column in found],
                    "Kind": [reading.personal[column.name].kind for column in found],
                    "Confidence": [reading.personal[column.name].confidence for column in found],
                    "Examples, masked": ["   ".join(reading.personal[column.name].examples) for column in found],
                    "Why": [reading.personal[column.name].reason for column in found],
                }
            ),
            hide_index=True, key="personal", alt="Columns with personal data, masked examples and reasons",
            height="content" if len(found) <= ROWS_SHOWN else 400,
        )  # fmt: skip
        kept = [name(column.name) for column in found if str(choices.choice_of(column)) == Choice.MODEL]
        if kept:
            st.markdown(
                f":material/info: {', '.join(kept[:10])} will be learned unless you choose otherwise: such columns say "
                "where and when, not who, but together with others they can point at a person."
            )


def _effects(here: Session, reading: Reading, before: Schema, after: Schema, widths: dict[str, int]) -> None:
    """What the choices do to the model, column by column and in all."""
    now = _widths(here, reading, after)
    total, earlier = sum(now.values()), sum(widths.values())
    changed = choices.changed_columns(before, after)
    left, right = st.columns([1, 3], vertical_alignment="center")
    left.metric(
        "Width of a row in the model", f"{total:,} slots", delta=f"{total - earlier:+,}" if total != earlier else None,
        delta_color="off", help=HELP["Width"],
    )  # fmt: skip
    if not changed:
        right.caption("Nothing was changed. The default keeps what is personal and what only tells rows apart from it.")
        return
    lines = [
        f"{name(one, 40)}: {after[one].type}, {choices.choice_of(after[one])}"
        f"{f' ({text(choices.detail_of(after[one]))})' if choices.detail_of(after[one]) else ''}, "
        f"{widths[one]:,} → {now[one]:,} slots"
        for one in changed[:10]
    ]
    more = f"; and {len(changed) - 10} more" if len(changed) > 10 else ""
    right.markdown(f":material/edit: Set by you: {'; '.join(lines)}{more}")
    if right.button("Take the changes back", key="types-undo", icon=":material/undo:", type="tertiary"):
        _forget(reading)
        st.rerun()


def _forget(reading: Reading) -> None:
    for key in ("typed", "base"):
        st.session_state.pop(f"{key}-{reading.id}", None)
    st.session_state[f"types-turn-{reading.id}"] = st.session_state.get(f"types-turn-{reading.id}", 0) + 1


def _metadata(reading: Reading, schema: Schema) -> None:
    """SDV's metadata of a table: taken in as types, written from them."""
    with st.expander("SDV metadata", icon=":material/data_object:"):
        st.download_button(
            "Download as SDV metadata", data=choices.to_sdv_json(schema), file_name="metadata.json",
            mime="application/json", icon=":material/download:", key="sdv-download", on_click="ignore",
        )  # fmt: skip
        turn = st.session_state.setdefault(f"sdv-turn-{reading.id}", 0)
        uploaded = st.file_uploader("Take types from SDV metadata", type="json", key=f"sdv-{reading.id}-{turn}")
        if uploaded is None:
            return
        try:
            taken = choices.from_sdv_json(uploaded.getvalue(), reading.schema)
        except UserError as error:
            show_error(error)
            return
        _forget(reading)
        st.session_state[f"base-{reading.id}"] = taken
        st.session_state[f"sdv-turn-{reading.id}"] = turn + 1
        st.rerun()
