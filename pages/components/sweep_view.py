"""Sweeps: the form, the trials as a table and as parallel coordinates, and one frontier over all runs."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.figures.frontier import describe_frontier, frontier_option
from core.figures.glossary import entry
from core.figures.sweeps import parallel_figure
from core.workbench import data, frontier, preflight, promoting, sweeping
from core.workbench import frontier_view as view_of
from core.workbench.sessions import Session
from core.workbench.sweeping import SweepView
from pages.components import charts, selection
from pages.components.frame import guarded, show_error
from pages.components.progress import badge, show_failure
from pages.components.words import count, duration, text

DEFAULT_SPACE = "pac = 1, 10\ndropout = 0, 0.5"
SPACE_HELP = (
    "One setting per line. Values apart by commas: `pac = 1, 10`; layer sizes apart by semicolons: "
    "`discriminator_layers = 128,128; 256,256`; for random search also ranges: `learning_rate = 1e-4 .. 1e-3 log`. "
    "`row_share = 0.25, 1` uses a part of the train rows, `seed = 0, 1, 2` repeats. Epochs need no line: the tape "
    "judges many of each run."
)


def show_sweeps(here: Session, dataset_id: str) -> None:
    """The newest sweep, or any other of the dataset; the form below."""
    found = sweeping.sweeps(here, dataset_id)
    if found:
        ids = [one.id for one in found]
        chosen = ids[0]
        if len(ids) > 1:
            labels = {
                one.id: f"{', '.join(one.space)} · {count(len(one.trials), 'trial')} · {one.id[-4:]}" for one in found
            }
            chosen = st.selectbox("Sweep", ids, format_func=labels.get, key="sweep-chosen")
        active = next(one for one in found if one.id == chosen).job.state.is_active
        st.fragment(_live, run_every="2s" if active else None)(here, chosen, active)
    with st.expander("Start a sweep", expanded=not found, icon=":material/add:"):
        _form(here, dataset_id)


@guarded
def _live(here: Session, sweep_id: str, was_active: bool) -> None:
    view = sweeping.sweep(here, sweep_id)
    if view.job.state.is_active != was_active:
        st.rerun()
    _state(here, view)
    if not view.trials:
        return
    _best(here, view)
    _table(view)
    _frontier(here, view)


def _state(here: Session, view: SweepView) -> None:
    done = sum(trial.state != "running" for trial in view.trials)
    spent = sum(trial.seconds for trial in view.trials)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-state"):
        badge(view.job.state)
        st.markdown(
            f"**{done}** of at most {count(view.n_trials, 'trial')} · {duration(spent)} of {view.budget_minutes:g} min",
            width="content",
        )
        if view.job.state.is_active:
            if st.button("Stop", key="sweep-stop", icon=":material/stop:", type="tertiary"):
                sweeping.stop_sweep(here, view.id)
                st.rerun()
        elif view.job.state.can_resume and st.button(
            "Resume", key="sweep-resume", icon=":material/play_arrow:", type="tertiary"
        ):
            sweeping.resume_sweep(here, view.id)
            st.rerun(scope="app")
    st.progress(done / max(1, view.n_trials))
    if str(view.job.state) in ("failed", "crashed"):
        show_failure(view.job, "The sweep")


def _best(here: Session, view: SweepView) -> None:
    under = f" under {', '.join(view.rules)}" if view.rules else ""
    if view.best is None:
        states = {trial.state for trial in view.trials}
        if "outside the cap" in states and "running" not in states:
            st.warning(f"No checkpoint of any trial keeps the cap{text(under)}.", icon=":material/warning:")
        elif states == {"failed"}:
            st.warning("No trial came to an end; the table says why.", icon=":material/warning:")
        return
    settings = ", ".join(f"{name} {value}" for name, value in view.best.params.items())
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="sweep-best"):
        st.markdown(
            f"Best{text(under)}: {text(settings)}, epoch **{view.best.epoch:,}**, {_label(view.objective)} "
            f"**{view.best.value:.3f}**",
            width="content",
        )
        if st.button("Use this checkpoint", key="sweep-promote", type="primary", icon=":material/arrow_forward:"):
            try:
                made = promoting.promote_best(here, view)
            except UserError as error:
                show_error(error)
                return
            selection.choose_line(run=made.run_id, sample=made.sample_id)
            st.switch_page("pages/sample.py")


def _table(view: SweepView) -> None:
    rows = [
        {
            "Trial": trial.number,
            **{name: _plain(value) for name, value in trial.params.items()},
            "Outcome": trial.state if not trial.why else f"{trial.state}: {trial.why}",
            "Epoch": trial.epoch,
            _label(view.objective): trial.value,
            "Time": duration(trial.seconds),
        }
        for trial in view.trials
    ]
    st.dataframe(
        rows, hide_index=True, key="trials", alt="Trials of the sweep",
        column_config={_label(view.objective): st.column_config.NumberColumn(format="%.3f")},
    )  # fmt: skip
    complete = [trial for trial in view.trials if trial.state == "complete"]
    if len(complete) > 1:
        lines = [
            {**{name: _plain(value) for name, value in trial.params.items()}, "epoch": trial.epoch,
             _label(view.objective): trial.value}
            for trial in complete
        ]  # fmt: skip
        with st.container(border=True, key="parallel-card"):
            st.markdown("**Settings and what came of them** :gray[one line per trial]")
            figure = parallel_figure(lines, _label(view.objective), colours=charts.colours())
            charts.show(figure, key="parallel", alt=f"{count(len(lines), 'trial')} as parallel coordinates")


def _frontier(here: Session, view: SweepView) -> None:
    views = [one for one in sweeping.tapes(here, view) if one.points]
    if not views:
        return
    series = view_of.series_of(views)
    utility, privacy = view_of.measured(views, view_of.UTILITY), view_of.measured(views, view_of.PRIVACY)
    if not utility or not privacy:
        return
    with st.container(border=True, key="sweep-frontier-card"):
        st.markdown("**One frontier over all runs** :gray[filled: no checkpoint of any run is better in both]")
        x = view.objective if view.objective in utility else utility[0]
        y = privacy[0]
        option = frontier_option(
            series, x, y, labels={metric: f"{_label(metric)} ({view_of.direction_words(metric)})" for metric in (x, y)},
            anchors=view_of.anchors_of(views), front=view_of.front(series, x, y),
            rules=frontier.parsed_rules(view.rules), colours=charts.colours(),
        )  # fmt: skip
        charts.show_option(option, key="sweep-frontier", alt=describe_frontier(series, x, y), height=460)


def _form(here: Session, dataset_id: str) -> None:
    presets = preflight.presets(data.dataset(here, dataset_id).n_train)
    with st.form("sweep-form"):
        left, right = st.columns(2, gap="medium")
        space = left.text_area("Settings to vary", DEFAULT_SPACE, key="sweep-space", height=130, help=SPACE_HELP)
        rules = right.text_area("Risk cap", "membership_auc <= 0.55", key="sweep-rules", height=130)
        first, second, third, fourth = st.columns(4, gap="medium")
        sampler = first.selectbox(
            "Search", sweeping.SAMPLERS, key="sweep-sampler",
            format_func=lambda one: {"grid": "Every combination", "random": "At random", "tpe": "Guided (TPE)"}[one],
        )  # fmt: skip
        trials = second.number_input("Trials at most", 1, sweeping.MAX_TRIALS, 12, key="sweep-trials")
        budget = third.number_input("Minutes at most", 1, 10_000, 60, key="sweep-budget")
        objective = fourth.selectbox("Best at", sweeping.OBJECTIVES, format_func=_label, key="sweep-objective")
        fifth, sixth, seventh = st.columns(3, gap="medium")
        epochs = fifth.number_input(
            "Epochs", 1, 100_000, presets["quick"].epochs, key="sweep-epochs",
            help=f"Of every trial. The quick preset takes {presets['quick'].epochs:,} epochs on this table, "
            f"the balanced one {presets['balanced'].epochs:,}.",
        )  # fmt: skip
        checkpoints = sixth.number_input("Checkpoints of each run", 1, frontier.MAX_CHECKPOINTS, 6, key="sweep-points")
        preset = seventh.selectbox(
            "Preset",
            list(presets),
            index=list(presets).index("balanced"),
            format_func=str.capitalize,
            key="sweep-preset",
        )
        sent = st.form_submit_button("Start the sweep", type="primary", icon=":material/play_arrow:", key="sweep-start")
    if not sent:
        return
    try:
        settings = sweeping.SweepSettings(
            space=space.splitlines(), sampler=sampler, n_trials=int(trials), budget_minutes=float(budget),
            objective=objective,
            tape=frontier.TapeSettings(n_checkpoints=int(checkpoints), rules=tuple(rules.splitlines())),
        )  # fmt: skip
        base = presets[preset].with_settings({"epochs": str(int(epochs))})
        sweeping.start_sweep(here, dataset_id, base, settings)
    except UserError as error:
        show_error(error)
        return
    st.rerun()


def _plain(value: object) -> object:
    return "×".join(str(part) for part in value) if isinstance(value, list) else value


def _label(metric: str) -> str:
    return entry(metric).label
