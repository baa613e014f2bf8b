"""How long a move of the frontier's slider takes in a browser: until the heading says it, until every chart is drawn.

    python -m tests.benchmarks.frontier_slider --checkpoints 8 --moves 20

A part of census is trained and judged, then a headless Chromium moves the slider from checkpoint to checkpoint. The
clock runs in the page: from the key press to the new heading, to the end of the script, and to the second frame after
the last change of the page before half a second of rest: every chart is painted then. Rests are not counted. Aim:
every chart within 300 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from core.workbench import data, frontier, sessions, training
from tests.benchmarks.real_tables import FOLDER
from tests.browser.conftest import CHROMIUM, FLAGS, IDLE, PATIENCE, Server, free_port, settle

VIEWS = ("Columns", "Pairs", "Distances", "Attacks", "All numbers")
AIM_MS = 300
REST_MS = 500
CLOCK = """
(rest) => new Promise((resolve) => {
    const heading = () => [...document.querySelectorAll('h3')].map((one) => one.textContent).join('|');
    const app = document.querySelector('[data-testid="stApp"]');
    const state = () => app.getAttribute('data-test-script-state');
    const before = heading();
    const found = {};
    let begun = null, last = null, ran = false;
    const look = new MutationObserver(() => {
        if (begun === null) return;
        last = performance.now() - begun;
        // canvases are painted in the frame that follows
        requestAnimationFrame(() => requestAnimationFrame(() => { found.drawn = performance.now() - begun; }));
        if (found.heading === undefined && heading() !== before) found.heading = last;
        if (state() !== 'notRunning') ran = true;
        else if (ran && found.heading !== undefined) found.script = last;
    });
    look.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    document.addEventListener('keydown', () => { begun = performance.now(); }, {once: true, capture: true});
    const watch = setInterval(() => {
        if (last === null || performance.now() - begun - last < rest || found.heading === undefined) return;
        clearInterval(watch);
        look.disconnect();
        resolve(found);
    }, 20);
})
"""
"""Answers milliseconds since the key press, once the page has been at rest."""


def prepared(home: Path, n_rows: int, epochs: int, n_checkpoints: int) -> tuple[str, int]:
    """A judged run in a session of its own: the query of its page, and how many checkpoints were judged."""
    path = home.parent / "census.csv"
    with (FOLDER / "census.csv").open(encoding="utf-8") as source:
        path.write_text("".join(line for line, _ in zip(source, range(n_rows + 1), strict=False)), encoding="utf-8")
    with sessions.create_session(home) as session:
        reading_id = data.start_reading(session, path, name="census")
        list(sessions.follow(session, reading_id))
        schema = data.reading(session, reading_id).schema
        dataset_id = data.save_dataset(session, reading_id, schema=schema, name="census", target="income", split_seed=1)
        list(sessions.follow(session, dataset_id))
        config = training.configured("balanced", {"epochs": str(epochs)})
        run_id = frontier.start_run(session, dataset_id, config, frontier.TapeSettings(n_checkpoints=n_checkpoints))
        list(sessions.follow(session, run_id))
        view = frontier.tape(session, run_id)
        list(sessions.follow(session, view.jobs[0].id))
        view = frontier.tape(session, run_id)
        return f"session={session.id}&dataset={dataset_id}&run={run_id}", len(view.points)


def moves(page: Page, n_moves: int, n_points: int) -> list[dict[str, float]]:
    """Milliseconds of every move, from the right end to the left and back as often as it takes."""
    thumb = page.get_by_role("slider", name="Epoch")
    thumb.focus()
    thumb.press("End")
    settle(page)
    page.wait_for_timeout(1_000)
    keys = ["ArrowLeft"] * (n_points - 1) + ["ArrowRight"] * (n_points - 1)
    found = []
    for at in range(n_moves):
        # braces, or Playwright would wait for the answer before the key is pressed
        page.evaluate(f"() => {{ window.moved = ({CLOCK})({REST_MS}); }}")
        thumb.press(keys[at % len(keys)])
        found.append(page.evaluate("window.moved"))
        page.wait_for_selector(IDLE)
    return found


def main() -> None:
    """Print JSON: medians and the slowest, in milliseconds, for every view of the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--checkpoints", type=int, default=8)
    parser.add_argument("--moves", type=int, default=28)
    parser.add_argument("--views", nargs="+", default=list(VIEWS), choices=VIEWS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="doppel-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        query, n_points = prepared(home, chosen.rows, chosen.epochs, chosen.checkpoints)
        server = Server(home=home, port=free_port())
        server.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                page = browser.new_page(viewport={"width": 1360, "height": 900})
                page.set_default_timeout(PATIENCE)
                page.goto(f"{server.url}/frontier?{query}")
                settle(page)
                found = {}
                for view in chosen.views:
                    page.locator(".st-key-checkpoint-view").get_by_role("radio", name=view).click()
                    settle(page)
                    moves(page, 2 * (n_points - 1), n_points)  # to the left end and back: modules and caches are warm
                    found[view] = summary(moves(page, chosen.moves, n_points))
                browser.close()
        finally:
            server.end()
    print(json.dumps({"checkpoints": n_points, "moves": chosen.moves, "aim_ms": AIM_MS, "ms": found}, indent=1))


def summary(found: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """The median and the slowest of each moment."""
    return {
        name: {"median": round(statistics.median(ones)), "slowest": round(max(ones))}
        for name in ("heading", "script", "drawn")
        if (ones := [one[name] for one in found if name in one])
    }


if __name__ == "__main__":
    main()
