"""What the job kind `run_recipe` runs: rows are read and split, a learner of the family fits, and what it became is measured and kept."""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from libs.chassis.release import release, revision
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.manifests.families import read_manifest
from libs.contracts.manifests.manifest import Manifest
from libs.contracts.recipe_runs import RecipeFold, RecipeModelManifest, RecipeRunResult, RecipeRunSpec, RunType
from libs.contracts.training import Artifact
from services.training.learners.progress import Checkpoints, Report
from services.training.learners.run_card import canonical_json
from services.training.recipes.data import file_table, shipped_table
from services.training.recipes.families import family_of
from services.training.recipes.family import Family, Measured, Model
from services.training.recipes.folding import fold_of, mean_of
from services.training.recipes.keeping import Keeping
from services.training.recipes.learned_from import LearnedFrom, as_made
from services.training.recipes.pictures import draw_curve
from services.training.recipes.report import write_page
from services.training.recipes.saving import keep_model, libraries, manifest_of, open_model
from services.training.recipes.splitting import Parts, hold_out, rolling
from services.training.recipes.table import Table
from services.training.recipes.telling import Teller

STAGES: Final = 4
"""Reading, fitting, measuring, saving; a backtest has one for each of its folds between the first and the last."""


def run(
    spec: RecipeRunSpec,
    *,
    job_id: str,
    artifacts: Artifacts,
    report: Report,
    checkpoints: Checkpoints | None = None,
    pictures: bool = True,
    **_: object,
) -> RecipeRunResult:
    """Do a run of a recipe. The same spec and rows give the same figures and model, bit for bit, also where it was interrupted.

    Without `pictures` nothing is drawn, which takes a second. Raise InvalidError for rows that cannot be used and settings that do not fit.
    """
    manifest = read_manifest(spec.manifest, family=spec.family)
    folds = manifest.split.folds if spec.run_type is RunType.BACKTEST else 0
    teller = Teller(report, stages=STAGES + max(folds - 2, 0), checkpoints=checkpoints)
    with tempfile.TemporaryDirectory(prefix="modelbourse-recipe-") as folder:
        return _Run(spec, manifest, job_id, artifacts, teller, checkpoints, Path(folder)).run(pictures=pictures)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was measured, and of which model, if one."""

    measured: Measured
    rows: dict[str, int]
    model: Model | None = None
    noted: tuple[str, ...] = ()
    """What was done otherwise than asked while it was fitted."""
    folds: tuple[RecipeFold, ...] = ()


@dataclass(slots=True)
class _Run:
    """One run, step by step. `folder` is for files on their way."""

    spec: RecipeRunSpec
    manifest: Manifest
    job_id: str
    artifacts: Artifacts
    teller: Teller
    checkpoints: Checkpoints | None
    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, *, pictures: bool) -> RecipeRunResult:
        family = family_of(self.spec.family)
        kept = self._open(family)
        with self._measuring("reading"):
            table = self._read(family)
        keeping = Keeping.of(self.checkpoints, spec=self.spec, data_sha256=table.sha256)
        made = (
            self._backtest(family, table, keeping)
            if self.spec.run_type is RunType.BACKTEST
            else self._once(family, table, keeping, kept=kept)
        )
        self.teller.learned(made.measured.metrics)
        with self._measuring("saving"):
            self.teller.begin("Saving", "Writing the report" if made.model is None else "Writing the model and the report")
            files, artifact = self._keep(made, table)
        result = self._result(made, table, files=files, artifact=artifact)
        papers = self._papers(result, family, made.measured, pictures=pictures)
        for note in result.notes:
            self.teller.say(note)
        return result.model_copy(update={"files": result.files | papers})

    def _read(self, family: Family) -> Table:
        data = self.spec.data
        self.teller.begin("Reading", f"Reading {self.manifest.data.source if data is None else data.path}")
        if data is None:
            table = shipped_table(self.manifest, family=self.spec.family)
        else:
            path = self.folder / "data"
            self.artifacts.fetch(data.artifact.sha256, path)
            table = file_table(path, data=data, manifest=self.manifest, family=self.spec.family)
            path.unlink()
        table = family.prepare(table, manifest=self.manifest)
        self.teller.say(f"{len(table):,} rows, {table.left_out:,} left out")
        return table

    def _open(self, family: Family) -> tuple[Model, RecipeModelManifest] | None:
        """Return the version that is measured, and go on by what it was made by; None for a run that measures none."""
        if self.spec.run_type is not RunType.EVAL or self.spec.artifact is None:
            return None
        kept, files = open_model(self.spec.artifact, family=self.spec.family, artifacts=self.artifacts)
        self.manifest = as_made(self.manifest, kept)
        return family.restore(kept, files=files), kept

    def _once(self, family: Family, table: Table, keeping: Keeping, *, kept: tuple[Model, RecipeModelManifest] | None) -> _Outcome:
        """Fit on the rows before the hold-out, or take the version that is measured, and measure on the hold-out."""
        keys = family.keys
        parts = hold_out(table, manifest=self.manifest, time=keys.time, group=keys.group, place=keys.place)
        with self._measuring("fitting"):
            if kept is None:
                model, noted = self._fitted(family, table, parts, keeping)
            else:
                model = kept[0]
                self.teller.begin("Opening", f"Opening version {self.spec.version}")
                learned = LearnedFrom(kept[1], family, self.artifacts, self.folder)
                parts, noted = learned.without(parts, table, manifest=self.manifest)
        with self._measuring("measuring"):
            self.teller.begin("Measuring", f"Measuring on {len(parts.test):,} rows that were not learned from")
            measured = family.measure(model, table, parts, manifest=self.manifest, teller=self.teller)
        return _Outcome(measured, {"train": len(parts.train), "test": len(parts.test)}, model, noted)

    def _fitted(self, family: Family, table: Table, parts: Parts, keeping: Keeping) -> tuple[Model, tuple[str, ...]]:
        """Return the model, and what its fit noted: in this attempt or in one before."""
        learner = self.manifest.learner.name
        self.teller.begin("Fitting", f"Fitting {learner} on {len(parts.train):,} rows")
        if found := keeping.fitted(self.spec):
            self.teller.say("An attempt before has fitted it: that fit is taken up")
            return family.restore(found[0], files=found[1]), found[2]
        model = family.fit(table, parts.train, manifest=self.manifest, teller=self.teller)
        keeping.keep_fitted(model, learner=learner)
        return model, model.notes

    def _backtest(self, family: Family, table: Table, keeping: Keeping) -> _Outcome:
        """Fit anew for each origin or fold and measure on what follows; the figures are the mean over the folds."""
        keys = family.keys
        every = rolling(table, manifest=self.manifest, time=keys.time, group=keys.group, place=keys.place)
        folds = keeping.folds()
        measured: Measured | None = None
        with self._measuring("fitting"):
            for number, parts in enumerate(every, start=1):
                self.teller.begin(f"Fold {number}", f"Fold {number} of {len(every)}: learning from {len(parts.train):,} rows")
                if number <= len(folds) and number < len(every):
                    continue
                model = family.fit(table, parts.train, manifest=self.manifest, teller=self.teller)
                measured = family.measure(model, table, parts, manifest=self.manifest, teller=self.teller)
                folds = [*folds[: number - 1], fold_of(measured, parts, number=number)]
                keeping.keep_folds(folds)
                self.teller.learned(measured.metrics)
        assert measured is not None
        rows = {"train": folds[-1].train_rows, "test": sum(each.test_rows for each in folds)}
        return _Outcome(mean_of(folds, last=measured, level=self.manifest.evaluation.confidence), rows, folds=tuple(folds))

    def _keep(self, made: _Outcome, table: Table) -> tuple[dict[str, Artifact], Artifact | None]:
        if made.model is None or self.spec.run_type is not RunType.TRAIN:
            return {}, None
        manifest = manifest_of(
            made.model, spec=self.spec, job_id=self.job_id, table=table, metrics=made.measured.metrics, seed=self.manifest.seed
        )
        return keep_model(made.model, manifest=manifest, artifacts=self.artifacts)

    def _result(self, made: _Outcome, table: Table, *, files: dict[str, Artifact], artifact: Artifact | None) -> RecipeRunResult:
        measured = made.measured
        return RecipeRunResult(
            metrics=measured.metrics,
            baseline=measured.baseline,
            intervals=measured.intervals,
            reasons=measured.reasons,
            tables=measured.tables,
            curves=measured.curves,
            folds=made.folds,
            importance={} if made.model is None else dict(made.model.importance),
            rows={**made.rows, "left_out": table.left_out},
            notes=tuple(dict.fromkeys((*table.notes, *made.noted, *measured.notes))),
            synthetic=table.synthetic,
            run_card={
                "data_source": table.source,
                "data_sha256": table.sha256,
                "licence": table.licence,
                "seed": self.manifest.seed,
                "config_hash": hashlib.sha256(canonical_json(self.manifest.model_dump(mode="json"))).hexdigest(),
                "release": release(),
                "revision": revision(),
                "libraries": libraries(),
                "durations": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
                "model_bytes": sum(each.size for each in files.values()),
            },
            files=files,
            artifact=artifact,
        )

    def _papers(self, result: RecipeRunResult, family: Family, measured: Measured, *, pictures: bool) -> dict[str, Artifact]:
        """Return the report, its pictures and the figures as JSON, by name."""
        spec = self.spec
        title = f"{spec.model_name or spec.family.replace('_', ' ').capitalize()}{f', version {spec.version}' if spec.version else ''}"
        recipe = f"{spec.run_type.value} of {spec.recipe_id} {spec.recipe_version}".strip()
        subtitle = f"{recipe} · {self.manifest.learner.name} · {result.run_card['data_source']} · {self.job_id}"
        drawn: dict[str, Any] = {}
        if pictures:
            drawn = {name: (curve.title, draw_curve(curve, title=title)) for name, curve in result.curves.items()}
            drawn |= {name: (name.replace("_", " ").capitalize(), each) for name, each in family.draw(measured, title=title).items()}
        page = write_page(result, title=title, subtitle=subtitle, pictures=drawn)
        figures = json.dumps(result.model_dump(mode="json", exclude={"files"}), ensure_ascii=False, indent=2).encode()
        papers = {"report.html": page, "metrics.json": figures, **{f"{name}.png": each.png for name, (_, each) in drawn.items()}}
        return {name: self.artifacts.put(data) for name, data in papers.items()}

    @contextmanager
    def _measuring(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - began
