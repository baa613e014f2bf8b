"""How much the Streamlit process grows by an upload that is read, typed and shown on the Data page.

Prints JSON. A server of its own, a real browser; the job that reads is another process and is not counted. Growth is
that of the process's peak of resident memory, from the page before the upload to the table that was read, in a process
that has read a small table before.

    python -m tests.benchmarks.upload_memory [--rows 1000000]
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.reading import write_table
from tests.browser.conftest import CHROMIUM, FLAGS, Server, free_port, settle

PATIENCE = 600_000
"""Milliseconds that reading may take on a busy machine."""


def memory(pid: int, field: str) -> float:
    """A field of a process's status, in megabytes: `VmRSS` now, `VmHWM` the peak."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text).group(1)) * 1024 / 1e6


def reset_peak(pid: int) -> None:
    """Let the peak begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def read(page: Page, source: Path) -> None:
    """Upload a file and wait until its columns are shown."""
    page.locator('input[type="file"]').first.set_input_files(str(source))
    page.get_by_role("heading", name="What each column represents").wait_for()
    settle(page)


def measure(source: Path, small: Path, home: Path) -> dict[str, float]:
    """Upload a file and read it; what the process needed."""
    server = Server(home=home, port=free_port())
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(server.url)
            page.wait_for_selector('[data-testid="stFileUploader"]')
            settle(page)
            read(page, small)  # what the process loads once for any table is no growth by this one
            page.get_by_text("Bring another table").click()
            page.wait_for_selector('[data-testid="stFileUploader"]')
            settle(page)
            before = memory(server.process.pid, "VmRSS")
            reset_peak(server.process.pid)
            read(page, source)
            page.wait_for_timeout(3_000)
            peak, after = memory(server.process.pid, "VmHWM"), memory(server.process.pid, "VmRSS")
            browser.close()
    finally:
        server.end()
    size = source.stat().st_size / 1e6
    return {
        "megabytes": round(size, 1), "before": round(before), "peak": round(peak), "after": round(after),
        "growth_at_peak": round(peak - before), "growth_after": round(after - before), "allowed": round(size + 100),
    }  # fmt: skip


def main() -> None:
    """Write a table, upload it, print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        write_table(folder / "table.csv", settings.rows)
        write_table(folder / "small.csv", 1_000)
        print(json.dumps(measure(folder / "table.csv", folder / "small.csv", folder / "home"), indent=2))


if __name__ == "__main__":
    main()
