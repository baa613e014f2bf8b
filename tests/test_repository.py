"""The repository agrees with itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.limits import MEGABYTE, UPLOAD_BYTES

ROOT = Path(__file__).resolve().parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", read(name), flags=re.MULTILINE)
    return {library.lower(): version for library, version in found}


def test_every_requirement_is_an_exact_pin() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        for line in read(name).splitlines():
            assert (
                not line or line.startswith(("#", "-r ")) or re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][^+\s]*", line)
            ), line


def test_every_library_is_named_in_the_readme_with_its_licence() -> None:
    text = read("README.md").lower()
    names = {"torch": "pytorch", "pyarrow": "apache arrow"}
    for library in pins("requirements.txt"):
        assert names.get(library, library) in text, f"{library} is not in the README"
    for word in ("Business Source License 1.1", "employees and contractors", "patent", "four years", "MIT"):
        assert word in read("README.md")


def test_the_readme_has_both_commands_and_they_are_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    for command in re.findall(r"`?make ([a-z]+)", read("README.md")):
        assert command in targets, command
    assert (ROOT / ".ci/run").stat().st_mode & 0o100
    assert "make test" in read(".ci/run")


def test_the_upload_limit_is_said_once() -> None:
    config = tomllib.loads(read(".streamlit/config.toml"))
    assert config["server"]["maxUploadSize"] * MEGABYTE == UPLOAD_BYTES


def test_the_app_listens_here_only_and_tells_nobody() -> None:
    config = tomllib.loads(read(".streamlit/config.toml"))
    assert config["server"]["address"] == "localhost"
    assert config["server"]["enableXsrfProtection"] is True
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorLinks"] is False
    assert "enableAgentApi" not in config["server"]


def test_no_file_names_a_machine_or_leaves_work_undone() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    sources = [name for name in files if name.endswith((".py", ".md", ".toml", ".txt", ".css", ".html", "Makefile"))]
    assert sources
    for name in sources:
        text = read(name)
        assert not re.search(r"(?<![\w.~-])/(home|root|tmp|opt|mnt|srv|work)/[a-z0-9]", text), name
        if name.startswith(("core/", "pages/", "app.py")):
            assert not re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", text), name


@pytest.mark.parametrize("command", ["synthesize", "profile", "evaluate", "frontier", "demo", "sample"])
def test_every_command_in_the_readme_explains_itself(command: str) -> None:
    assert f"python -m core {command}" in read("README.md")
    help_text = subprocess.run(
        [sys.executable, "-m", "core", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for option in set(re.findall(rf"python -m core {command}.*", read("README.md"))):
        for name in re.findall(r"--[a-z-]+", option):
            assert name in help_text, name
