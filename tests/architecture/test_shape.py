"""The house keeps its shape: five services alike, short files, short functions, one place for each technology."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("gateway", "training", "inference", "marketplace", "monitoring")
FILES = sorted(path for folder in ("libs", "services", "deploy", "tests") for path in (ROOT / folder).rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 300, 50
# A face has a file a noun, with all that its routes take, do and answer.
PAGES = "services/gateway/inbound/pages/"
FACE, LONGEST_OF_FACE = "services/gateway/inbound/faces/", 400


@cache
def text_of(path: Path) -> str:
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


@pytest.fixture(scope="module", autouse=True)
def forget_trees() -> Iterator[None]:
    """Let go of all that was parsed: millions of objects, which the rest of the session would carry along."""
    yield
    for each in (nodes_of, tree_of, text_of):
        each.cache_clear()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    folder = ROOT / "services" / service

    rooms = ("README.md", "__main__.py", "settings.py", "app.py", "domain", "usecases", "inbound", "outbound")

    assert [room for room in rooms if not (folder / room).exists()] == []


def test_no_file_is_longer_than_300_lines_and_none_of_a_face_than_400() -> None:
    lengths = {name_of(path): len(text_of(path).splitlines()) for path in FILES}

    assert {name: count for name, count in lengths.items() if count > (LONGEST_OF_FACE if name.startswith(FACE) else LONGEST_FILE)} == {}


def lines_of(path: Path) -> int:
    """Count the lines that are not empty."""
    return sum(1 for line in text_of(path).splitlines() if line.strip())


def code_of(path: Path) -> int:
    """Count the lines that are neither empty nor comments nor docstrings."""
    documented = (node for node in nodes_of(path) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
    docstrings = [node.body[0] for node in documented if ast.get_docstring(node, clean=False) is not None]
    told = {number for each in docstrings for number in range(each.lineno, (each.end_lineno or each.lineno) + 1)}
    lines = ((number, line.strip()) for number, line in enumerate(text_of(path).splitlines(), 1))
    return sum(1 for number, line in lines if line and not line.startswith("#") and number not in told)


def without_faces(path: Path) -> int:
    """Count the code of the gateway but for its faces and its pages, which have budgets of their own."""
    return 0 if name_of(path).startswith((FACE, PAGES)) else code_of(path)


# What a public API may cost, and the service that has them all. Of the service its code is counted: the rules ask for docstrings, and
# for comments that say why, so these are not what a budget should press on.
@pytest.mark.parametrize(
    ("folder", "count", "most", "files"),
    [
        ("services/gateway/inbound/faces/ai_studio", lines_of, 3_810, 22),
        ("services/gateway/inbound/faces/trading_ai", lines_of, 3_500, 21),
        ("services/gateway/inbound/faces/ai_engine", lines_of, 3_750, 28),
        ("services/gateway/inbound/faces/model_builder", lines_of, 2_150, 20),
        ("services/gateway/inbound/faces/ml_development", lines_of, 2_400, 21),
        ("services/gateway/inbound/pages", lines_of, 4_500, 60),
        ("services/gateway", without_faces, 28_950, 615),
    ],
)
def test_the_gateway_and_its_faces_keep_to_their_budgets(folder: str, count: Callable[[Path], int], most: int, files: int) -> None:
    found = [path for path in (ROOT / folder).rglob("*.py") if path.name != "__init__.py"]

    assert len(found) <= files
    assert sum(map(count, found)) <= most


def test_no_function_is_longer_than_50_lines() -> None:
    long = []
    for path in FILES:
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{name_of(path)}:{node.lineno} {node.name} ({lines} lines)")

    assert long == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = [name_of(path) for path in FILES if path.stat().st_size and not ast.get_docstring(tree_of(path))]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils.py", "util.py", "common.py", "helpers.py", "helper.py", "manager.py", "base.py", "misc.py"}

    assert [name_of(path) for path in FILES if path.name in vague] == []


@cache
def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_only_repositories_and_the_chassis_speak_to_mongodb() -> None:
    strays = [
        name_of(path)
        for path in FILES
        if name_of(path).startswith(("services/", "libs/"))
        and not name_of(path).startswith("libs/chassis/")
        and not path.name.endswith("_mongo.py")
        and imported(path) & {"motor", "pymongo", "bson"}
    ]

    assert strays == []


def test_events_are_written_down_where_their_number_is_bounded() -> None:
    # A training's job has a bound of its own, by bytes: job_outbox.py.
    strays = [
        name_of(path)
        for path in FILES
        if name_of(path).startswith("services/")
        and path.name != "job_outbox.py"
        and re.search(r"\"pending_events\": (entry_of|\{\"\$each)", path.read_text())
    ]

    assert strays == []


def test_only_the_gateway_speaks_http() -> None:
    strays = [
        name_of(path)
        for path in FILES
        if name_of(path).startswith(("services/", "libs/"))
        and not name_of(path).startswith("services/gateway/")
        and imported(path) & {"fastapi", "starlette", "uvicorn"}
    ]

    assert strays == []


def test_every_metric_of_ours_bears_our_name() -> None:
    named = {
        f"{name_of(path)}: {node.args[0].value}"
        for path in FILES
        if name_of(path).startswith(("services/", "libs/"))
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Counter", "Gauge", "Histogram", "Summary"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    assert len(named) > 10
    assert [name for name in named if ": modelbourse_" not in name] == []


def test_nothing_is_pickled() -> None:
    strays = [name_of(path) for path in FILES if imported(path) & {"pickle", "joblib", "cloudpickle", "dill"}]

    assert strays == []


def test_suppressions_are_rare_and_say_why() -> None:
    bare = []
    for path in FILES:
        for number, line in enumerate(text_of(path).splitlines(), 1):
            found = re.search(r"#\s*(noqa|type:\s*ignore)\b[^#]*?(\s[-#]\s|\s\s#\s|$)", line)
            if found and "architecture" not in name_of(path) and not re.search(r"(noqa|ignore)[^#]*(#|-)\s*\w+", line):
                bare.append(f"{name_of(path)}:{number}: {line.strip()}")

    assert bare == []


def test_decisions_fit_one_page_and_are_numbered() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert all(re.match(r"\d{4}-[a-z0-9-]+\.md$", page.name) for page in pages)
    assert {page.name: len(page.read_text().splitlines()) for page in pages if len(page.read_text().splitlines()) > 80} == {}


def test_what_git_tracks_is_ours() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in tracked if name.startswith((".venv/", ".run", "build/"))] == []
