"""The frontier as it grows: where the runs stand, the curve, the cap, and every chart of the chosen epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.frontier import (
    BELOW,
    LEFT,
    RIGHT,
    above,
    describe_frontier,
    frontier_option,
    over_epochs_option,
    share_along,
)
from core.figures.glossary import entry
from core.tape import Decision, Series, TapePoint
from core.workbench import frontier
from core.workbench import frontier_view as view_of
from core.workbench.frontier import TapeView
from core.workbench.sessions import Session
from pages.components import charts, selection
from pages.components.cap_view import cap
from pages.components.checkpoint_view import show_checkpoint, show_promoted
from pages.components.frame import guarded
from pages.components.tape_states import show_states
from pages.components.words import text

OVER_EPOCHS = (
    "utility_kept", "column_shapes", "pair_trends", "detection_auc", "membership_auc", "singling_out_univariate",
    "dcr_share", "nndr_gap", "critic_gap", "canary_exposure",
)  # fmt: skip

OVER_HEIGHT = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """What the charts of the page are drawn over.

    Parameters
    ----------
    x, y : str
        Metrics of the frontier; empty where there is none.
    by_steps : bool
        Whether steps are counted, not epochs.
    """

    x: str = ""
    y: str = ""
    by_steps: bool = False

    def at(self, point: TapePoint) -> int:
        """Where a checkpoint lies."""
        return point.step if self.by_steps else point.epoch

    def ends(self, series: Sequence[Series]) -> tuple[int, int]:
        """The first and the last place of all checkpoints."""
        places = [self.at(point) for one in series for point in one.points]
        return min(places), max(places)


def show_frontier(here: Session, dataset_id: str) -> None:
    """Everything about the tapes of a dataset, drawn anew every other second while more is to come."""
    active = any(view.is_active for view in frontier.frontier_runs(here, dataset_id))
    st.fragment(_live, run_every="2s" if active else None)(here, dataset_id, active)


@guarded
def _live(here: Session, dataset_id: str, was_active: bool) -> None:
    views = frontier.frontier_runs(here, dataset_id)
    if any(view.is_active for view in views) != was_active:
        st.rerun()
    show_states(here, views)
    shown = [view for view in views if view.points]
    if not shown:
        if was_active:
            st.skeleton(height=320)
            st.caption("The first point appears when the first checkpoint is judged.")
        return
    series = view_of.series_of(shown)
    chosen = _chosen(shown)
    decision = cap(here, shown, chosen)
    bar = st.container(key="epoch-bar")
    axes, curve = _axes(shown)
    _over_epochs(shown, series, chosen, decision, axes)
    below = st.container()
    # only what a move of the slider changes is sent and drawn again
    st.fragment(_moved)(here, shown, series, chosen, decision, axes, (bar, curve, below))
    show_promoted(here, chosen)
    _differences(series)


@guarded
def _moved(
    here: Session, shown: Sequence[TapeView], series: Sequence[Series], chosen: TapeView, decision: Decision,
    axes: Axes, places: tuple[DeltaGenerator, DeltaGenerator | None, DeltaGenerator],
) -> None:  # fmt: skip
    """The slider and all that it moves, each in its place on the page."""
    bar, curve, below = places
    with bar:
        epoch = _slider(chosen)
        _lay_over(series, chosen, epoch, axes)
    if curve is not None:
        with curve:
            _frontier(shown, series, chosen, epoch, decision, axes)
    with below:
        show_checkpoint(here, chosen, epoch, decision)


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


def _axes(views: Sequence[TapeView]) -> tuple[Axes, DeltaGenerator | None]:
    """What the axes of the frontier are, and the place of its chart; none where a metric is missing."""
    utility, privacy = view_of.measured(views, view_of.UTILITY), view_of.measured(views, view_of.PRIVACY)
    if not utility or not privacy:
        point = views[-1].points[-1]
        missing = "utility_kept" if not utility else "membership_auc"
        st.info(f"There is no frontier: {text(point.reason(missing))}", icon=":material/info:")
        return Axes(), None
    with st.container(border=True, key="frontier-card"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            x = st.selectbox("Utility, across", utility, format_func=_label, key="frontier-x")
            y = st.selectbox("Privacy, upwards", privacy, format_func=_label, key="frontier-y")
            by_steps = st.segmented_control(
                "Count in", ["Epochs", "Steps"], default="Epochs", required=True, key="frontier-count"
            ) == "Steps"  # fmt: skip
        curve = st.container()
        st.caption(
            "A point per checkpoint, joined in the order of epochs; bars are 95 % intervals. Filled points are on "
            "the Pareto front: no other checkpoint is better in both. Dotted lines: what fresh real rows (control "
            "rows) and copied train rows score in the same test."
        )
    return Axes(x=x, y=y, by_steps=by_steps), curve


def _frontier(
    views: Sequence[TapeView], series: Sequence[Series], chosen: TapeView, epoch: int, decision: Decision, axes: Axes
) -> None:
    x, y = axes.x, axes.y
    option = frontier_option(
        series, x, y, labels={one: f"{_label(one)} ({view_of.direction_words(one)})" for one in (x, y)},
        anchors=view_of.anchors_of(views), front=view_of.front(series, x, y), selected=(chosen.run.id, epoch),
        rules=decision.rules, by_steps=axes.by_steps, colours=charts.colours(),
        last_inside=None if decision.epoch is None else (chosen.run.id, decision.epoch),
    )  # fmt: skip
    charts.show_option(option, key="frontier", alt=describe_frontier(series, x, y), height=460)


def _over_epochs(
    views: Sequence[TapeView], series: Sequence[Series], chosen: TapeView, decision: Decision, axes: Axes
) -> None:
    metrics = view_of.measured(views, OVER_EPOCHS)
    anchors = view_of.anchors_of(views)
    limits = {rule.metric: rule.limit for rule in decision.rules}
    ends = axes.ends(series)
    inside = next((axes.at(point) for point in chosen.points if point.epoch == decision.epoch), None)
    with st.container(border=True, key="over-epochs-card"):
        green = "" if inside is None else ", the green one the last epoch that keeps the cap"
        st.markdown(f"**Over epochs** :gray[each metric with its band; the upright line is the chosen epoch{green}]")
        with st.grid(3, min_column_width=240):
            for metric in metrics:
                known = {name: point.find(metric) for name, point in anchors.items()}
                option = over_epochs_option(
                    view_of.bands_of(series, metric),
                    title=f"{_label(metric)} {'↑' if view_of.higher_is_better(metric) else '↓'}",
                    anchors={name: one.value for name, one in known.items() if one is not None},
                    limit=limits.get(metric), last_inside=inside, by_steps=axes.by_steps, n_settings=len(series),
                    ends=ends, colours=charts.colours(),
                )  # fmt: skip
                alt = f"{_label(metric)} over epochs"
                charts.show_option(option, key=f"over-{metric}", alt=alt, height=OVER_HEIGHT)
        n_seeds = max(one.n_seeds for one in series)
        band = (
            "Bands are Student's t intervals of the mean over seeds."
            if n_seeds > 1
            else "Bands are the intervals of each judgment; they know the luck of drawing, not that of training."
        )
        st.caption(f"{band} ↑ higher is better, ↓ lower is better.")


def _lay_over(series: Sequence[Series], chosen: TapeView, epoch: int, axes: Axes) -> None:
    """The upright line of the chosen epoch, laid over all charts over epochs at once without drawing one of them."""
    at = next(axes.at(point) for point in chosen.points if point.epoch == epoch)
    left = f"calc({LEFT}px + {share_along(at, *axes.ends(series)):.5f} * (100% - {LEFT + RIGHT}px))"
    line = (
        f"content: ''; position: absolute; pointer-events: none; border-left: 1.5px solid {charts.colours().text}; "
        f"left: {left}; top: {above(len(series))}px; bottom: {BELOW}px;"
    )
    chart, bar = ".st-key-over-epochs-card .stEChartsChart", "[data-testid=stLayoutWrapper]:has(> .st-key-epoch-bar)"
    ground = f"{bar} {{ background: {charts.colours().background}; }}"
    # a style alone would be taken out of its place, and every move would leave one more behind
    st.html(f"<i hidden></i><style>{ground} {chart} {{ position: relative; }} {chart}::after {{ {line} }}</style>")


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
