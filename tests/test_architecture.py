"""The layers of DESIGN 1, read from the imports and tried out in a process of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
L0 = {
    "errors",
    "schema",
    "dataset",
    "limits",
    "records",
    "epochs",
    "fields",
    "near_copies",
    "tables",
    "constraints",
    "pictures",
    "tape",
    "exploration",
}
L0 |= {"clauses", "requests", "lift"}
L1 = {"reading", "profiling", "demo", "synthesis", "evaluation", "figures"}
L2 = {"store", "jobs", "export"}
L3 = {"workbench", "cli", "__main__"}
LAYERS = {name: level for level, names in enumerate((L0, L1, L2, L3)) for name in names}

HOMES = {
    "streamlit": ("app.py", "pages/"),
    "duckdb": ("core/store/", "core/reading/", "core/profiling/aggregate.py"),
    "torch": ("core/synthesis/",),
    "sdv": ("core/synthesis/",),
    "rdt": ("core/synthesis/",),
    "anonymeter": ("core/evaluation/attacks/",),
    "imblearn": ("core/evaluation/",),
    "optuna": ("core/jobs/trials.py",),
    "plotly": ("core/figures/",),
    "matplotlib": ("core/figures/",),
    "seaborn": ("core/figures/",),
    "sklearn": ("core/synthesis/encode.py", "core/evaluation/"),
}
HEAVY = ("torch", "sdv", "sdmetrics", "anonymeter", "ctgan", "rdt")
FORBIDDEN_IN_PURE = {
    "os.environ",
    "os.getenv",
    "time.time",
    "datetime.now",
    "datetime.utcnow",
    "np.random.seed",
    "torch.manual_seed",
}


def sources() -> list[Path]:
    return sorted([ROOT / "app.py", *ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")])


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)} uses a relative import; write the whole path"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


def part(module: str) -> str | None:
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "core" and len(pieces) > 1 else None


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_imports_point_downward_and_pure_packages_do_not_know_each_other(path: Path) -> None:
    own = part(relative(path).removesuffix(".py").replace("/", "."))
    for module in imports(path):
        other = part(module)
        if own is None or other is None or other == own or other not in LAYERS:
            continue
        assert LAYERS[other] <= LAYERS[own], f"{relative(path)} imports {module}, which lies above it"
        if own in L1:
            assert other in L0, f"{relative(path)} imports {module}; shared values live in L0"


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_every_library_stays_in_its_home(path: Path) -> None:
    name = relative(path)
    for module in imports(path):
        homes = HOMES.get(module.split(".")[0])
        if homes:
            assert name.startswith(homes), f"{name} imports {module}, whose home is {', '.join(homes)}"


@pytest.mark.parametrize(
    "path", [path for path in sources() if relative(path).startswith(("app.py", "pages/"))], ids=relative
)
def test_pages_call_the_workbench_and_know_only_values_and_figures_beside_it(path: Path) -> None:
    allowed = L0 | {"workbench", "figures"}
    config = "core.synthesis.config"  # settings and their help texts; free of torch
    for module in imports(path):
        other = part(module)
        if other is not None and not module.startswith((config, "core.synthesis")):
            assert other in allowed, f"{relative(path)} imports {module}"


@pytest.mark.parametrize(
    "path",
    [path for path in sources() if part(relative(path).removesuffix(".py").replace("/", ".")) in L0 | L1],
    ids=relative,
)
def test_pure_code_reads_no_clock_environment_or_global_generator(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in FORBIDDEN_IN_PURE, (
                f"{relative(path)}:{node.lineno} uses {ast.unparse(node)}"
            )


@pytest.mark.parametrize(
    "package", ["core.workbench", "core.figures", "core.synthesis.config", "core.jobs", "core.store", "core.cli"]
)
def test_what_the_streamlit_process_imports_is_light(package: str) -> None:
    modules = [package] + [
        relative(path).removesuffix(".py").replace("/", ".")
        for path in (ROOT / package.replace(".", "/")).glob("*.py")
        if path.stem != "__init__" and package in ("core.workbench", "core.figures", "core.store")
    ]
    program = "import sys\n" + "\n".join(f"import {name}" for name in modules)
    program += f"\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]", f"importing {package} also imports {answer.stdout}"


def test_every_core_module_can_be_imported_by_itself() -> None:
    modules = [
        relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sources()
        if relative(path).startswith("core/") and path.stem != "__main__"
    ]
    program = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in modules)
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
