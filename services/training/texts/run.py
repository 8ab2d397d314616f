"""What the job kind `train_text` runs: texts are read and split, a backbone learns from them, and what it became is judged and kept."""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from libs.chassis.release import release, revision
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import BASELINES, MODEL, Method, SeedRow, TextManifest, TextMetrics, TextResult, TextSpec
from libs.contracts.training import Artifact
from services.training.learners.crew import Crew
from services.training.learners.progress import Checkpoints, Report
from services.training.learners.run_card import canonical_json
from services.training.texts.backbones import Backbone, find_backbone
from services.training.texts.baselines import Plain
from services.training.texts.checkpoints import get_checkpoint
from services.training.texts.corpus import Corpus, open_corpus
from services.training.texts.course import Course
from services.training.texts.judging import (
    Judged,
    across_seeds,
    details_of,
    fit_baselines,
    judge,
    measure_baselines,
    mistakes_of,
    pictures_of,
)
from services.training.texts.learning import Learning
from services.training.texts.report import verdict_of, write_page
from services.training.texts.rounding import Rounded, with_precision
from services.training.texts.saving import keep_model, libraries
from services.training.texts.telling import Teller
from services.training.texts.trained import Trained, network_of, notes_of, plain_of, tokens_of


def run(
    spec: TextSpec,
    *,
    job_id: str,
    artifacts: Artifacts,
    report: Report,
    checkpoints: Checkpoints | None = None,
    crew: Crew | None = None,
    backbones: Path | None = None,
    pictures: bool = True,
    **_: object,
) -> TextResult:
    """Train, judge and keep a model of texts. The same spec gives the same model, bit for bit, also where it was interrupted.

    `backbones` is the operator's folder of networks. Without `pictures` nothing is drawn, which takes a second.
    Raise InvalidError for data that cannot be read or settings that do not fit, and ArtifactMismatchError where the model's files answer
    otherwise than the model.
    """
    around = _Around(job_id, artifacts, Teller(report, least=spec.log_level), checkpoints, crew, backbones)
    with tempfile.TemporaryDirectory(prefix="modelbourse-texts-") as folder:
        return _Training(spec, around, Path(folder)).run(pictures=pictures)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a job is given beside its spec."""

    job_id: str
    artifacts: Artifacts
    teller: Teller
    checkpoints: Checkpoints | None
    crew: Crew | None
    backbones: Path | None


@dataclass(slots=True)
class _Training:
    """One training, step by step. `folder` is for files on their way."""

    spec: TextSpec
    around: _Around
    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, *, pictures: bool) -> TextResult:
        name, teller = self.spec.config.training.backbone, self.around.teller
        # Before anything is read: a name that is not there is told at once.
        backbone = None if name in BASELINES else find_backbone(name, folder=self.around.backbones)
        with self._measuring("reading"):
            corpus = self._read()
        with self._measuring("baselines"):
            teller.begin("Baselines", "Measuring the majority, a lexicon and weighed words")
            plain = fit_baselines(corpus, balanced=self.spec.config.training.class_weights == "balanced")
            baselines = measure_baselines(corpus, plain)
        with self._measuring("training"):
            trained, files = self._train(backbone, corpus, plain)
        with self._measuring("judging"):
            teller.begin("Judging", f"Measuring on {len(corpus.test):,} test texts")
            judged = judge(corpus, validation=trained.validation, test=trained.test)
        with self._measuring("saving"):
            teller.begin("Saving", "Writing the model, and comparing its files with what was trained")
            kept, manifest, measured, rounded = self._keep(trained, judged, corpus)
        card = self._card(backbone, corpus, judged, {**trained.about, **measured})
        result = self._result(corpus, trained, judged, baselines=baselines, card=card, files=files | kept, manifest=manifest)
        result = with_precision(result, rounded)
        files = result.files | self._papers(result, corpus, judged, pictures=pictures)
        for note in result.notes:
            teller.say(note, level="WARNING")
        return result.model_copy(update={"files": files})

    def _read(self) -> Corpus:
        data = self.spec.data
        self.around.teller.begin("Reading", f"Reading {data.path}")
        path = self.folder / "data"
        self.around.artifacts.fetch(data.artifact.sha256, path)
        corpus = open_corpus(path, data=data, config=self.spec.config)
        parts = ", ".join(f"{count:,} for {name}" for name, count in corpus.rows.items())
        self.around.teller.say(
            f"{len(corpus.texts):,} texts with the labels {', '.join(corpus.labels)}: {parts}; {corpus.near:,} near-duplicates"
        )
        return corpus

    def _train(self, backbone: Backbone | None, corpus: Corpus, plain: Mapping[str, Plain]) -> tuple[Trained, dict[str, Artifact]]:
        """Return the model, and the checkpoints that another training may go on from."""
        config, around = self.spec.config, self.around
        if backbone is None:
            return plain_of(config.training.backbone, plain[config.training.backbone], corpus=corpus), {}
        tokenizer, tokens = tokens_of(corpus, backbone, config=config)
        method, rate, notes = notes_of(config, tokens, crew=around.crew)
        begin = self._begin(backbone, method=method, corpus=corpus, notes=notes)
        learning = Learning(
            backbone=backbone,
            method=method,
            settings=config.training,
            rate=rate,
            corpus=corpus,
            tokens=tokens,
            teller=around.teller,
            artifacts=around.artifacts,
            checkpoints=around.checkpoints,
            crew=around.crew,
            key=self._key(backbone),
            split=self._split(),
            begin=begin,
        )
        trained = network_of(learning, tokenizer=tokenizer, notes=notes, teller=around.teller)
        return trained, dict(learning.files)

    def _begin(self, backbone: Backbone, *, method: Method, corpus: Corpus, notes: list[str]) -> Any:
        """Return the checkpoint to go on from, and note what is to be known of it; None for a training from the start."""
        if not self.spec.resume:
            return None
        same = {"backbone": backbone.name, "method": method, "labels": list(corpus.labels)}
        about, arrays = get_checkpoint(self.spec.resume, artifacts=self.around.artifacts, **same)
        course, patience = Course(**about["course"]), self.spec.config.training.early_stopping_patience
        epochs = course.epochs
        self.around.teller.say(f"Goes on from {self.spec.resumed_from or 'a checkpoint'}, after epoch {epochs}")
        if epochs >= self.spec.config.training.num_epochs:
            notes.append(f"The checkpoint had {epochs} epochs, no fewer than were asked for: nothing more was learned.")
        elif patience is not None and course.is_exhausted(patience):
            notes.append(
                f"The checkpoint's training had ended early, as none of its last {patience} epochs was better than epoch "
                f"{course.best_epoch}: nothing more was learned. Raise early_stopping_patience to go on."
            )
        if about.get("split") != self._split():
            notes.append(
                "The checkpoint has learned from other rows: some that are tested on here may be among them, so figures may flatter."
            )
        return about, arrays

    def _split(self) -> str:
        """Return a hash of what decides which rows are learned from."""
        config = self.spec.config
        columns = config.preprocessing.model_dump(mode="json", include={"text_column", "label_column", "labels"})
        newer = {"encoding", "split_column", "heed_split"}  # Checkpoints of before know none of them.
        split = config.data.model_dump(exclude=newer) | config.data.model_dump(include=newer, exclude_defaults=True)
        told = {"data": self.spec.data.artifact.sha256, "format": self.spec.data.format, "split": split, **columns}
        return hashlib.sha256(canonical_json(told)).hexdigest()

    def _key(self, backbone: Backbone) -> str:
        """Return a hash of everything that decides the model's numbers."""
        spec = self.spec
        everything = {
            "data": spec.data.artifact.sha256,
            "format": spec.data.format,
            "config": spec.config.model_dump(mode="json"),
            "resume": {name: each.sha256 for name, each in spec.resume.items()},
            "backbone": backbone.sha256(),
            "libraries": libraries(),
        }
        return hashlib.sha256(canonical_json(everything)).hexdigest()

    def _keep(self, trained: Trained, judged: Judged, corpus: Corpus) -> tuple[dict[str, Artifact], Artifact, dict[str, Any], Rounded]:
        """Write the model's folder and put it into the store; return its files, its manifest, what was measured of them, and of int8."""
        spec, settings = self.spec, self.spec.config.preprocessing
        folder = self.folder / MODEL
        folder.mkdir()
        measured, rounded = trained.write(folder, corpus=corpus, temperature=judged.temperature)
        manifest = TextManifest(
            kind=trained.kind,
            backbone=spec.config.training.backbone,
            method=trained.method,
            labels=corpus.labels,
            max_length=settings.max_length,
            lowercase=settings.lowercase,
            temperature=judged.temperature,
            served_precision="int8" if rounded.is_served else "fp32" if trained.kind == "network" else "fp64",
            text_column=settings.text_column,
            label_column=settings.label_column,
            job_id=self.around.job_id,
            experiment_name=spec.experiment_name,
            metrics=judged.metrics,
            data_sha256=spec.data.artifact.sha256,
            files={},
            libraries=libraries(),
        )
        files, kept = keep_model(folder, manifest=manifest, artifacts=self.around.artifacts)
        weights = next(each for name, each in files.items() if name.endswith(".safetensors"))
        return files, kept, {**measured, "model_bytes": weights.size}, rounded

    def _card(self, backbone: Backbone | None, corpus: Corpus, judged: Judged, about: Mapping[str, Any]) -> dict[str, Any]:
        spec = self.spec
        return {
            "backbone": spec.config.training.backbone,
            "backbone_sha256": None if backbone is None else backbone.sha256(),
            "data_sha256": spec.data.artifact.sha256,
            "seed": spec.config.training.random_seed,
            "config_hash": hashlib.sha256(canonical_json(spec.config.model_dump(mode="json"))).hexdigest(),
            "release": release(),
            "revision": revision(),
            "libraries": libraries(),
            "durations": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
            "groups": int(corpus.groups.max()) + 1,
            "calibration": judged.calibration,
            "resumed_from": spec.resumed_from,
            **about,
        }

    def _result(
        self,
        corpus: Corpus,
        trained: Trained,
        judged: Judged,
        *,
        baselines: dict[str, TextMetrics],
        card: dict[str, Any],
        files: dict[str, Artifact],
        manifest: Artifact,
    ) -> TextResult:
        details, interval = details_of(corpus, judged, lengths=trained.lengths, seed=self.spec.config.training.random_seed)
        means, spreads = across_seeds([row for _, row in trained.seeds]) if trained.seeds else ({}, {})
        result = TextResult(
            metrics=judged.metrics,
            validation_metrics=judged.validation,
            labels=corpus.labels,
            baselines=baselines,
            seeds=tuple(SeedRow(seed=seed, metrics=metrics) for seed, metrics in trained.seeds),
            seed_mean=means,
            seed_spread=spreads,
            history=trained.history,
            best_epoch=trained.best_epoch,
            rows=corpus.rows,
            near_duplicates=corpus.near,
            method=trained.method,
            notes=(*corpus.notes, *trained.notes, *judged.notes),
            run_card={**card, "macro_f1_interval": interval},
            files=files,
            artifact=manifest,
            **details,
        )
        best = max((each["macro_f1"] or 0.0) for each in baselines.values())
        better = self.spec.config.training.backbone in BASELINES or float(interval["low"]) > best
        return result if better else result.model_copy(update={"notes": (*result.notes, verdict_of(result))})

    def _papers(self, result: TextResult, corpus: Corpus, judged: Judged, *, pictures: bool) -> dict[str, Artifact]:
        """Return the report, its pictures and the figures as JSON, by name."""
        spec = self.spec
        title = f"{spec.experiment_name}{f', version {spec.version}' if spec.version else ''}"
        subtitle = (
            f"{spec.config.training.backbone}{f', {result.method}' if result.method else ''} · {spec.data.path} · {self.around.job_id}"
        )
        drawn = pictures_of(corpus, judged, history=result.history, best=result.best_epoch, title=title) if pictures else {}
        page = write_page(result, title=title, subtitle=subtitle, pictures=drawn, mistakes=mistakes_of(corpus, judged))
        figures = json.dumps(result.model_dump(mode="json", exclude={"files"}), ensure_ascii=False, indent=2).encode()
        papers = {"report.html": page, "metrics.json": figures, **{f"{name}.png": each.png for name, each in drawn.items()}}
        return {name: self.around.artifacts.put(data) for name, data in papers.items()}

    @contextmanager
    def _measuring(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - began
