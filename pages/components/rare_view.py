"""The rare-class studio: only the missing rows, the augmented table, and whether they help a model."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.errors import UserError
from core.figures.lift import describe_lift, lift_figure
from core.lift import MEASURES, REAL_ONLY, LiftReport
from core.workbench import data, lifting, sampling
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components import charts, selection
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.tiles import tiles
from pages.components.words import count, labelled, name, text


def rare_studio(here: Session, run: RunView, real: Dataset, epoch: int) -> None:
    """Everything about one rare level of the target."""
    st.subheader("Rare-class studio", anchor=False)
    if real.target is None or not real.schema[real.target].is_levels:
        st.caption("It needs a target with levels. Save the table as a dataset with one on the Data page.")
        return
    counts = dict(data.levels(here, real.id, real.target))
    if len(counts) < 2:
        st.caption("The target has one level only.")
        return
    with st.container(border=True, key="rare-card"):
        rarest = min(counts, key=counts.get)
        labels = labelled(counts, 40)
        pick, ratio_pick = st.columns([3, 3])
        level = pick.selectbox(
            "Rare class", list(counts), index=list(counts).index(rarest), key=f"rare-{run.id}",
            format_func=lambda one: f"{labels[one]} ({counts[one]:,} train rows)",
        )  # fmt: skip
        ratio = ratio_pick.select_slider(
            "Rare rows for each other row", [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0], 0.5,
            key=f"rare-ratio-{run.id}", help="1 makes the classes equally large.",
        )  # fmt: skip
        _missing(here, run, real, level, ratio, epoch)
        _study(here, run, level, epoch)


def _missing(here: Session, run: RunView, real: Dataset, level: str, ratio: float, epoch: int) -> None:
    found = lifting.missing(here, real.id, real.target, level, ratio)
    if not found.n_missing:
        st.markdown(f"The train rows have {found.ratio:.2g} rows with {name(level)} for each other row already.")
        return
    st.markdown(
        f"{count(found.n_missing, 'row')} with {name(level)} are missing: there are {found.n_level:,} beside "
        f"{found.n_other:,} others. They follow the real train rows in the augmented table, with a column that says "
        f"where each row comes from. A wholly synthetic balanced table is a target mix of {name(real.target)}."
    )
    request = lifting.missing_request(here, real.id, real.target, level, ratio)
    try:
        same = sampling.find_same(here, run.id, epoch, request)
        drawn = sampling.sample(here, same) if same else None
        if drawn is None or str(drawn.job.state) != "done":
            if st.button(f"Make {found.n_missing:,} missing rows", icon=":material/library_add:", key="rare-make"):
                selection.choose("sample", sampling.start_sampling(here, run.id, request, epoch=epoch))
                st.rerun()
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            for kind, label in (("csv", "CSV"), ("parquet", "Parquet")):
                st.download_button(
                    f"Augmented table, {label}",
                    data=lambda kind=kind: lifting.augmented_file(here, drawn, kind).open("rb"),
                    file_name=f"augmented-{drawn.id[-4:]}.{kind}",
                    on_click="ignore",
                    icon=":material/download:",
                    key=f"augmented-{kind}",
                )
        st.warning(
            "The augmented table holds real train rows: it may only go where the real table may be.",
            icon=":material/lock:",
        )
    except UserError as error:
        show_error(error)


def _study(here: Session, run: RunView, level: str, epoch: int) -> None:
    st.markdown(
        "**Does it help?** :gray[Models learn from real rows alone and from rows with more of the rare class, and are "
        "tested on control rows as they are. For boosted trees expect no gain (73 tables of Elor and Averbuch-Elor "
        "2022); rows that may be shared are a gain of another kind.]"
    )
    views = [view for view in lifting.lifts(here, run.id) if view.config["plan"]["level"] == level]
    seeds, start = st.columns([2, 3], vertical_alignment="bottom")
    n_seeds = seeds.number_input("Seeds", 2, 20, lifting.N_SEEDS, key=f"lift-seeds-{run.id}")
    if start.button("Study the lift", icon=":material/trending_up:", key="lift-start"):
        try:
            lifting.start_lift(here, run.id, level, epoch=epoch, n_seeds=int(n_seeds))
        except UserError as error:
            show_error(error)
            return
        st.rerun()
    if views and finished(views[0], label="Studying the lift", key="lift"):
        show_lift(lifting.lift_report(here, views[0].id))


def show_lift(report: LiftReport) -> None:
    """The sentence, the curve, the numbers, and what the rows give away."""
    for sentence in report.sentences:
        st.markdown(f":material/arrow_right: {text(sentence)}")
    learners = list(dict.fromkeys(one.learner for one in report.points))
    left, right = st.columns(2)
    learner = left.segmented_control("Learner", learners, default=learners[0], key="lift-learner") or learners[0]
    measure = right.selectbox("Measure", list(MEASURES), key="lift-measure")
    figure = lift_figure(report, learner, measure, colours=charts.colours())
    charts.show(figure, key="lift-curve", alt=describe_lift(report, learner, measure))
    facts = report.settings
    units = "entities" if facts["group"] else "control rows"
    st.caption(
        f"{facts['n_train']:,} train rows ({facts['n_train_rare']:,} of the class), {facts['n_control']:,} control "
        f"rows ({facts['n_control_rare']:,} of the class), {count(len(facts['seeds']), 'seed')}; ratio and threshold "
        f"chosen on {facts['fold_share']:.0%} of the train rows, which the generator has seen as well; 95 % bands by "
        f"bootstrap over {facts['n_control_entities']:,} {units} and seeds; recall at a precision of "
        f" {facts['precision']:.0%}."
    )
    with st.expander("All numbers", icon=":material/table:"):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Learner": one.learner,
                        "Way": one.arm,
                        "Ratio": one.ratio,
                        "Measure": one.measure,
                        "Value": one.value,
                        "Low": one.low,
                        "High": one.high,
                        "Against real only": None if one.arm == REAL_ONLY else one.difference,
                        "Difference low": None if one.arm == REAL_ONLY else one.difference_low,
                        "Difference high": None if one.arm == REAL_ONLY else one.difference_high,
                        "On the fold": one.fold_value,
                    }
                    for one in report.points
                ]
            ),
            hide_index=True,
            key="lift-numbers",
            alt="Every measure of every way of oversampling at every ratio",
        )
    if report.privacy:
        st.markdown("**What the drawn rows of the class give away** :gray[against its own train and control rows]")
        tiles(list(report.privacy), key="lift-privacy")
