"""An export, whole: the files of each format, compared with the model, and the bundle around them."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from libs.contracts.text_exports import (
    EXPORTED_SUFFIXES,
    INT8_FILE,
    ONNX_FILE,
    OPTIMIZED_FILE,
    TORCHSCRIPT_FILE,
    TRITON_FOLDER,
    ExportFormat,
    ExportReport,
    FileCheck,
    FileMeasure,
)
from services.training.exports.bundle import libraries, seal, write_bundle
from services.training.exports.checking import Ground, Named, Role, check_file
from services.training.exports.files import write_int8, write_onnx, write_optimized, write_torchscript
from services.training.exports.measuring import measure_file
from services.training.exports.opened import Answers, logits_of, open_exported
from services.training.exports.probes import probe_texts
from services.training.exports.rows import TestRows
from services.training.exports.source import Source
from services.training.exports.triton import triton_config

LEFT_OUT: Final = "It was left out, since this model does not bear eight bits: {why}"
FROZEN_FILE: Final = "model-frozen.pt"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be made of a model, and whether it is compared with it; `name` is its name in Triton's repository."""

    formats: tuple[ExportFormat, ...]
    is_validated: bool = True
    optimize: bool = False
    name: str = "sentiment"


@dataclass(slots=True)
class Made:
    """What was made in a folder: by format what a server is given, their bytes in all, the comparison, seconds by stage."""

    outputs: dict[str, str] = field(default_factory=dict)
    size: int = 0
    report: ExportReport | None = None
    durations: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add what is done within to a stage."""
        began = time.perf_counter()
        yield
        self.durations[stage] = round(self.durations.get(stage, 0.0) + time.perf_counter() - began, 3)


def make_export(source: Source, folder: Path, *, wish: Wish, rows: TestRows | None, tell: Tell) -> Made:
    """Make the files of a wish in an empty folder, and what lies beside them; `tell` is called before each step with its words.

    Nothing is raised for files that do not answer as the model does: the report says so (`passed`).
    """
    made, texts = Made(), probe_texts()
    with made.timed("answering"):
        tell("The model itself answers")
        said = logits_of(source.logits, texts, encode=source.encode)
        tested = logits_of(source.logits, rows.texts, encode=source.encode) if rows and wish.is_validated else None
    files = _write(source, folder, wish=wish, made=made, tell=tell)
    if wish.is_validated:
        ground = Ground(source.encode, source.manifest, texts, said, rows, tested)
        made.report = _compared(source, folder, files, ground=ground, wish=wish, made=made, tell=tell)
    tell("Writing the bundle")
    made.size = _size(folder, made.outputs)
    write_bundle(source, folder, said=said, texts=texts, report=made.report)
    if TRITON_FOLDER in {path.name for path in folder.iterdir()}:
        _furnish_triton(source, folder / TRITON_FOLDER)
    seal(source, folder, formats=wish.formats, report=made.report)
    return made


def _write(source: Source, folder: Path, *, wish: Wish, made: Made, tell: Tell) -> list[Named]:
    """Write the files of all formats; return those that are compared, each content once."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx, script, files = folder / ONNX_FILE, folder / TORCHSCRIPT_FILE, []
    in_triton = "triton" in wish.formats
    if in_triton or "onnx" in wish.formats:
        tell("Writing ONNX")
        with made.timed("onnx"):
            write_onnx(source, onnx)
        files.append(Named(path=ONNX_FILE, format="onnx"))
        if wish.optimize:
            tell("Optimising ONNX")
            with made.timed("optimizing"):
                write_optimized(onnx, folder / OPTIMIZED_FILE)
                write_int8(onnx, folder / INT8_FILE)
            files += [_variant(OPTIMIZED_FILE, "optimized"), _variant(INT8_FILE, "int8")]
        made.outputs["onnx"] = ONNX_FILE
    if in_triton or "torchscript" in wish.formats:
        tell("Writing TorchScript")
        with made.timed("torchscript"):
            write_torchscript(source, script)
            if wish.optimize:
                write_torchscript(source, folder / FROZEN_FILE, frozen=True)
        files.append(Named(path=TORCHSCRIPT_FILE, format="torchscript"))
        if wish.optimize:
            files.append(Named(path=FROZEN_FILE, format="torchscript", role="optimized"))
        made.outputs["torchscript"] = TORCHSCRIPT_FILE
    if in_triton:
        return _into_triton(source, folder, files, wish=wish, made=made)
    return files


def _variant(path: str, role: Role) -> Named:
    return Named(path=path, format="onnx", role=role)


def _into_triton(source: Source, folder: Path, files: Sequence[Named], *, wish: Wish, made: Made) -> list[Named]:
    """Lay the files out as Triton's repository; those whose own format was not asked for are there alone."""
    models: dict[str, tuple[ExportFormat, str]] = {
        wish.name: ("onnx", ONNX_FILE),
        f"{wish.name}-torchscript": ("torchscript", TORCHSCRIPT_FILE),
    }
    if wish.optimize:
        models[f"{wish.name}-int8"] = ("onnx", INT8_FILE)
    moved: dict[str, str] = {}
    for name, (kind, file) in models.items():
        place = folder / TRITON_FOLDER / name
        (place / "1").mkdir(parents=True)
        (place / "config.pbtxt").write_text(triton_config(name, kind=kind, labels=source.manifest.labels))
        target = place / "1" / ("model.onnx" if kind == "onnx" else "model.pt")
        shutil.copyfile(folder / file, target)
        moved[file] = target.relative_to(folder).as_posix()
    kinds: tuple[ExportFormat, ...] = ("onnx", "torchscript")
    alone = set(kinds) - set(wish.formats)
    for kind in alone:
        made.outputs.pop(kind)
    kept = []
    for each in files:
        if each.format not in alone:
            kept.append(each)
            continue
        (folder / each.path).unlink()
        if each.path in moved:
            kept.append(Named(path=moved[each.path], format="triton", role=each.role))
    made.outputs["triton"] = TRITON_FOLDER
    return kept


def _furnish_triton(source: Source, repository: Path) -> None:
    """Put labels and tokenizer beside each model of a repository."""
    for place in repository.iterdir():
        (place / "labels.txt").write_text("".join(f"{label}\n" for label in source.manifest.labels))
        shutil.copyfile(source.folder / "tokenizer.json", place / "tokenizer.json")


def _compared(source: Source, folder: Path, files: Sequence[Named], *, ground: Ground, wish: Wish, made: Made, tell: Tell) -> ExportReport:
    checks: list[FileCheck] = []
    measures: list[FileMeasure] = []
    opened: list[Answers] = []
    left_out: dict[str, str] = {}
    for named in files:
        tell(f"Comparing {named.path} with the model")
        with made.timed("comparing"):
            answers = open_exported(folder / named.path)
            check = check_file(answers, ground, named=named)
        if named.role == "int8" and not check.passed:
            # Rounding is only an offer: some models bear it, and what was asked for is not to fail by it.
            _leave_out(folder, named, name=wish.name)
            left_out[INT8_FILE] = LEFT_OUT.format(why=" ".join(check.problems))
            tell(f"{INT8_FILE}: {left_out[INT8_FILE]}")
            continue
        opened.append(answers)
        checks.append(check)
    passed = all(each.passed for each in checks)
    if wish.optimize and passed:
        tell("Measuring what optimising is worth")
        with made.timed("measuring"):
            for answers, check in zip(opened, checks, strict=True):
                measures.append(measure_file(answers, folder / check.path, encode=source.encode, check=check))
    return ExportReport(
        model_path="",
        manifest_sha256=source.sha256,
        reference="model",
        passed=passed,
        checks=tuple(checks),
        measures=tuple(measures),
        libraries=libraries(),
        reasons=left_out,
    )


def _leave_out(folder: Path, named: Named, *, name: str) -> None:
    """Remove a file, and its copy in Triton's repository."""
    (folder / named.path).unlink()
    shutil.rmtree(folder / TRITON_FOLDER / f"{name}-int8", ignore_errors=True)


def steps_of(wish: Wish) -> int:
    """Return how often `tell` is called at most."""
    return 16 if wish.optimize else 8


def _size(folder: Path, outputs: dict[str, str]) -> int:
    """Return the bytes of the models that the outputs are."""
    places = [folder / each for each in outputs.values()]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.suffix in EXPORTED_SUFFIXES)
