"""What a checkout's first run compiles is shared out among its workers: each would do all of it, twelve seconds of a core."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.assertion.rewrite import PYC_TAIL, _rewrite_test, _write_pyc, assertstate_key, get_cache_dir, try_makedirs
from hypothesis.configuration import storage_directory
from hypothesis.internal.constants_ast import constants_from_module

ROOT = Path(__file__).resolve().parents[1]
# The folders of what Hypothesis takes constants from: our own code, without the tests.
OURS = ("libs", "services", "deploy")


def constants_are_known() -> bool:
    """Tell whether an earlier run has left what Hypothesis reads out of our sources."""
    return bool(storage_directory("constants").path.exists())


def compile_share(config: pytest.Config, *, worker: int, workers: int, constants: bool) -> None:
    """Rewrite this worker's share of the tests' asserts, and (`constants`) read its share of our sources for Hypothesis; both are kept as files.

    Whoever collects looks for these files first; what another worker has not got to yet, it does by itself.
    """
    for path in _of_tests(config.args)[worker::workers]:
        _rewrite(path, config=config)
    if constants:
        for path in sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))[worker::workers]:
            _read_constants(path)


def _of_tests(arguments: Sequence[str]) -> list[Path]:
    """Return the files among those to be collected whose asserts pytest rewrites."""

    def found() -> Iterator[Path]:
        for place in {Path(each.partition("::")[0]).resolve() for each in arguments}:
            yield from place.rglob("*.py") if place.is_dir() else [place]

    return sorted({path for path in found() if path.name == "conftest.py" or path.name.startswith("test_")})


def _rewrite(path: Path, *, config: pytest.Config) -> None:
    folder = get_cache_dir(path)
    compiled = folder / f"{path.stem}{PYC_TAIL}"
    if not compiled.exists() and not sys.dont_write_bytecode and try_makedirs(folder):
        source_hash, code = _rewrite_test(path, config)
        _write_pyc(config.stash[assertstate_key], code, source_hash, compiled)


def _read_constants(path: Path) -> None:
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    constants_from_module.__wrapped__(module)
