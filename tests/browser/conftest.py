"""A real server with a home of its own, and a headless Chromium that looks at it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = ROOT / "shots"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 120_000
"""Milliseconds that a step may take on a busy machine."""


@dataclass
class Server:
    """A Streamlit server of this test, ended by its process id."""

    home: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        log = (self.home.parent / f"server-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)],
            cwd=ROOT,
            env={**os.environ, "DOPPEL_HOME": str(self.home), **self.environment},
            stdout=log,
            stderr=log,
        )
        for _ in range(240):
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.25)
        raise AssertionError("the server did not start")

    def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(home=tmp_path_factory.mktemp("browser-home"), port=free_port())
    one.start()
    yield one
    one.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("the browser tests need Chromium; `make browser` installs it")
        pytest.skip("the browser tests need Chromium; `make browser` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page
    context.close()


def settle(page: Page) -> None:
    """Wait until the script has run and nothing on the page is a failure."""
    page.wait_for_timeout(300)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(300)
    assert page.locator('[data-testid="stException"]').count() == 0


def goto(page: Page, title: str) -> None:
    """Go to a page by the navigation, as an analyst does."""
    page.locator('[data-testid="stSidebarNavLink"]', has_text=title).click()
    settle(page)


def pick(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box by typing it, and see that it was taken."""
    box = page.locator('[data-testid="stSelectbox"]').filter(has=page.get_by_text(re.compile(f"^{label}")))
    field = box.get_by_role("combobox").first
    field.click()
    field.press_sequentially(option, delay=20)
    page.get_by_role("option").filter(has_text=option).first.click()
    settle(page)
    expect(field).to_have_value(re.compile(f"^{re.escape(option)}"))


def drawn(page: Page) -> None:
    """Wait until no placeholder is left where a chart or a table belongs."""
    page.wait_for_timeout(700)
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0")
    page.wait_for_timeout(500)


def shoot(page: Page, name: str) -> None:
    """A screenshot of the whole page."""
    SHOTS.mkdir(exist_ok=True)
    drawn(page)
    size = page.viewport_size
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(height + 10, size["height"]), 6000)})
    drawn(page)
    page.screenshot(path=SHOTS / f"{name}.png")
    page.set_viewport_size(size)
