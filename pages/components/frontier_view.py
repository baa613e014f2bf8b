"""The frontier as it grows: where the runs stand, the curve, the cap, and every chart of the chosen epoch."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.figures.frontier import describe_frontier, frontier_figure, over_epochs_figure
from core.figures.glossary import entry
from core.tape import Decision, Series
from core.workbench import frontier, training
from core.workbench import frontier_view as view_of
from core.workbench.frontier import TapeView
from core.workbench.sessions import Session
from pages.components import charts, selection
from pages.components.cap_view import cap
from pages.components.checkpoint_view import show_checkpoint
from pages.components.frame import guarded
from pages.components.progress import badge, show_failure
from pages.components.words import count, text

OVER_EPOCHS = (
    "utility_kept", "column_shapes", "pair_trends", "detection_auc", "membership_auc", "singling_out_univariate",
    "dcr_share", "nndr_gap", "critic_gap", "canary_exposure",
)  # fmt: skip
MORE_EPOCHS = 50


def show_frontier(here: Session, dataset_id: str) -> None:
    """Everything about the tapes of a dataset, drawn anew every other second while more is to come."""
    active = any(view.is_active for view in frontier.frontier_runs(here, dataset_id))
    st.fragment(_live, run_every="2s" if active else None)(here, dataset_id, active)


@guarded
def _live(here: Session, dataset_id: str, was_active: bool) -> None:
    views = frontier.frontier_runs(here, dataset_id)
    if any(view.is_active for view in views) != was_active:
        st.rerun()
    _states(here, views)
    shown = [view for view in views if view.points]
    if not shown:
        if was_active:
            st.skeleton(height=320)
            st.caption("The first point appears when the first checkpoint is judged.")
        return
    series = view_of.series_of(shown)
    chosen = _chosen(shown)
    epoch = _slider(chosen)
    decision = cap(here, shown, chosen)
    by_steps = _frontier(shown, series, chosen, epoch, decision)
    _over_epochs(shown, series, chosen, epoch, decision, by_steps)
    _differences(series)
    show_checkpoint(here, chosen, epoch, decision)


def _states(here: Session, views: Sequence[TapeView]) -> None:
    labels = view_of.labels_of(views)
    with st.container(border=True, key="tape-states"):
        for place, view in enumerate(views):
            _state(here, view, place, labels[view.run.id])


def _state(here: Session, view: TapeView, place: int, label: str) -> None:
    run, state = view.run, view.run.job.state
    with st.container(horizontal=True, vertical_alignment="center", key=f"tape-state-{place}"):
        badge(state)
        done = max((record.epoch for record in run.records if record.epoch_done), default=0)
        st.markdown(
            f"{text(label)}{' · ' if label else ''}Seed **{run.config.seed}** · "
            f"epoch **{done:,}** of {run.target_epochs:,} · "
            f"**{len(view.points)}** of {count(view.n_planned, 'checkpoint')} judged",
            width="content",
        )
        if str(state) in ("running", "waiting"):
            if st.button("Stop", key=f"tape-stop-{place}", icon=":material/stop:", type="tertiary"):
                training.stop_run(here, run.id)
                st.rerun()
        elif state.can_resume or any(job.state.can_resume for job in view.jobs):
            label = "Resume" if state.can_resume else "Resume judging"
            if st.button(label, key=f"tape-resume-{place}", icon=":material/play_arrow:", type="tertiary"):
                frontier.resume(here, run.id)
                st.rerun(scope="app")
        if str(state) == "done":
            with st.popover("Train more", icon=":material/add:", type="tertiary"):
                more = st.number_input("Epochs to add", 1, 100_000, MORE_EPOCHS, key=f"tape-more-{place}")
                if st.button("Train and judge them", key=f"tape-extend-{place}", type="primary"):
                    frontier.train_more(here, run.id, int(more))
                    st.rerun(scope="app")
    for job in (run.job, *view.jobs):
        if str(job.state) in ("failed", "crashed"):
            show_failure(job, "Training" if job is run.job else "Judging")
    if view.decision is not None and view.decision.why:
        st.info(text(view.decision.sentence), icon=":material/rule:")


def _chosen(views: Sequence[TapeView]) -> TapeView:
    """The run whose epochs the slider moves over: that of the sidebar where it has a tape, else the newest."""
    run_id = selection.chosen("run")
    found = {view.run.id: view for view in views}
    if len(views) == 1:
        return views[0]
    ids = list(found)
    start = run_id if run_id in found else ids[-1]
    key = "tape-run"
    if st.session_state.get(key) not in found:
        st.session_state[key] = start
    labels = view_of.labels_of(views)

    def named(one: str) -> str:
        run = found[one].run
        parts = (labels[one], f"seed {run.config.seed}", f"{run.target_epochs:,} epochs", one[-4:])
        return " · ".join(part for part in parts if part)

    return found[st.selectbox("Run", ids, key=key, format_func=named)]


def _slider(view: TapeView) -> int:
    epochs = [point.epoch for point in view.points]
    if len(epochs) == 1:
        return epochs[0]
    key = f"tape-epoch-{view.run.id}"
    newest = f"{key}-newest"
    at = st.session_state.get(key)
    if at not in epochs or at == st.session_state.get(newest):
        st.session_state[key] = epochs[-1]  # who looks at the newest checkpoint follows as others arrive
    st.session_state[newest] = epochs[-1]
    return st.select_slider(
        "Epoch", epochs, key=key, format_func=lambda one: f"{one:,}",
        help="Moves every chart of this page to that checkpoint. Nothing is measured: its report was kept.",
    )  # fmt: skip


def _frontier(
    views: Sequence[TapeView], series: Sequence[Series], chosen: TapeView, epoch: int, decision: Decision
) -> bool:
    utility, privacy = view_of.measured(views, view_of.UTILITY), view_of.measured(views, view_of.PRIVACY)
    if not utility or not privacy:
        point = chosen.points[-1]
        missing = "utility_kept" if not utility else "membership_auc"
        st.info(f"There is no frontier: {text(point.reason(missing))}", icon=":material/info:")
        return False
    with st.container(border=True, key="frontier-card"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            x = st.selectbox("Utility, across", utility, format_func=_label, key="frontier-x")
            y = st.selectbox("Privacy, upwards", privacy, format_func=_label, key="frontier-y")
            by_steps = st.segmented_control(
                "Count in", ["Epochs", "Steps"], default="Epochs", required=True, key="frontier-count"
            ) == "Steps"  # fmt: skip
        labels = {metric: f"{_label(metric)} ({view_of.direction_words(metric)})" for metric in (x, y)}
        figure = frontier_figure(
            series, x, y, labels=labels, anchors=view_of.anchors_of(views), front=view_of.front(series, x, y),
            selected=(chosen.run.id, epoch), rules=decision.rules, by_steps=by_steps, colours=charts.colours(),
            last_inside=None if decision.epoch is None else (chosen.run.id, decision.epoch),
        )  # fmt: skip
        charts.show(figure, key="frontier", alt=describe_frontier(series, x, y))
        st.caption(
            "A point per checkpoint, joined in the order of epochs; bars are 95 % intervals. Filled points are on "
            "the Pareto front: no other checkpoint is better in both. Dotted lines: what fresh real rows (control "
            "rows) and copied train rows score in the same test."
        )
    return by_steps


def _over_epochs(
    views: Sequence[TapeView], series: Sequence[Series], chosen: TapeView, epoch: int, decision: Decision,
    by_steps: bool,
) -> None:  # fmt: skip
    metrics = view_of.measured(views, OVER_EPOCHS)
    anchors = view_of.anchors_of(views)
    limits = {rule.metric: rule.limit for rule in decision.rules}
    at, inside = (
        next((point.step if by_steps else point.epoch for point in chosen.points if point.epoch == wanted), None)
        for wanted in (epoch, decision.epoch)
    )
    with st.container(border=True, key="over-epochs-card"):
        green = "" if inside is None else ", the green one the last epoch that keeps the cap"
        st.markdown(f"**Over epochs** :gray[each metric with its band; the upright line is the chosen epoch{green}]")
        for start in range(0, len(metrics), 3):
            for column, metric in zip(st.columns(3), metrics[start : start + 3], strict=False):
                with column:
                    known = {name: point.find(metric) for name, point in anchors.items()}
                    figure = over_epochs_figure(
                        view_of.bands_of(series, metric),
                        title=f"{_label(metric)} ({'↑' if view_of.higher_is_better(metric) else '↓'})",
                        anchors={name: one.value for name, one in known.items() if one is not None},
                        limit=limits.get(metric), selected=at, last_inside=inside, by_steps=by_steps,
                        colours=charts.colours(),
                    )  # fmt: skip
                    charts.show(figure, key=f"over-{metric}", alt=f"{_label(metric)} over epochs", still=True)
        n_seeds = max(one.n_seeds for one in series)
        band = (
            "Bands are Student's t intervals of the mean over seeds."
            if n_seeds > 1
            else "Bands are the intervals of each judgment; they know the luck of drawing, not that of training."
        )
        st.caption(f"{band} ↑ higher is better, ↓ lower is better.")


def _differences(series: Sequence[Series]) -> None:
    if len(series) < 2:
        return
    found = view_of.compared(series, ("utility_kept", "column_shapes", "membership_auc", "dcr_share"))
    rows = [
        {
            "Metric": _label(one.metric), "Setting": one.first, "Against": one.second, "Difference": one.value,
            "Interval": "–" if one.low is None else f"{one.low:+.3f} to {one.high:+.3f}",
            "Epoch": "the last" if one.epoch is None else f"{one.epoch:,}",
            "Seeds": f"{one.n_first} and {one.n_second}",
            "Verdict": "exceeds noise" if one.exceeds_noise
            else "needs other seeds" if one.low is None else "within noise",
        }
        for one in found
    ]  # fmt: skip
    with st.expander("Which differences between settings exceed noise", icon=":material/compare_arrows:"):
        st.dataframe(
            rows, hide_index=True, key="differences", alt="Differences between settings at their last common epoch",
            column_config={"Difference": st.column_config.NumberColumn(format="%+.3f")},
        )  # fmt: skip
        st.caption(
            "At the last epoch that all seeds of both settings have. Welch's intervals, which hold for all pairs of "
            "settings together; they need two seeds on each side, and numbers that differ between seeds."
        )


def _label(metric: str) -> str:
    return entry(metric).label
