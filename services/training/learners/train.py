"""Trains one model: candles, features, labels, purged folds, the final fit, its judgement out of sample, and its files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.algorithms import complete_hyperparameters
from libs.contracts.algorithms_torch import most_epochs
from libs.contracts.training import Artifact, TrainingResult, TrainingSpec
from libs.market.candles import Market
from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Floats
from libs.quant.splits import Split
from libs.quant.targets import parse_target
from services.training.learners.calibrating import calibration_of
from services.training.learners.catalogue import make_learner
from services.training.learners.checked import checked
from services.training.learners.conformal import conformal_of
from services.training.learners.crew import Crew, Shared
from services.training.learners.drawing import draw_all
from services.training.learners.folding import rule_of
from services.training.learners.folds import Fold, Validation, held_out_of
from services.training.learners.forecasting_columns import outlook_of
from services.training.learners.horizons import with_most_bars
from services.training.learners.incumbent import compare
from services.training.learners.learner import Fitted, Inputs, Sample, steps_of
from services.training.learners.manifest import store
from services.training.learners.narrator import FINAL_FIT, JUDGING, LOADING, Narrator
from services.training.learners.parity import check_parity
from services.training.learners.progress import Checkpoints, Report
from services.training.learners.quality import abstaining, novelty_of
from services.training.learners.refitting import marked, refitted
from services.training.learners.result import Evidence, make_result, play
from services.training.learners.run_card import checkpoint_key
from services.training.learners.series import Series, in_common, load_candles, with_features
from services.training.learners.shares import learned_of
from services.training.learners.table import Table, check_training_part, make_table, split
from services.training.learners.tables import make_tables
from services.training.learners.trading import Trading, stretch_returns
from services.training.learners.unfinished import Memory, with_memory

UNITS = {
    "RANDOM_FOREST": "trees",
    "EXTRA_TREES": "trees",
    "XGBOOST": "rounds",
    "LIGHTGBM": "rounds",
} | dict.fromkeys(("LSTM", "GRU", "TRANSFORMER", "ENSEMBLE", "TFT", "NHITS", "DEEPAR"), "epochs")


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves: the version's manifest in the artifact store, and what was measured."""

    artifact: Artifact
    result: TrainingResult


def train(
    spec: TrainingSpec,
    *,
    job_id: str,
    version: str,
    model_name: str,
    artifacts: Artifacts,
    market: Market,
    report: Report,
    checkpoints: Checkpoints,
    crew: Crew | None = None,
    pictures: bool = True,
) -> Trained:
    """Train as asked; `model_name` stands on the plots and nowhere else. A job of several workers has them from the `crew`.

    Without `pictures` nothing is drawn, which is most of a small training, for whoever compares the numbers of many; they are the same.

    The same spec gives the same numbers to the last digit (durations apart), also when resumed from a checkpoint.
    Raises TrainingRefusedError and its kin for requests that cannot be trained, what `Market.candles` and `compute_features` raise, and
    ArtifactMismatchError when the saved model would answer otherwise than the trained one.
    """
    named = Named(job_id=job_id, version=version, model_name=model_name)
    return _Training(spec, named=named, artifacts=artifacts, market=market, report=report, pictures=pictures).run(checkpoints, crew=crew)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a training and what it makes are called."""

    job_id: str
    version: str
    model_name: str


@dataclass(slots=True)
class _Clock:
    """Seconds spent, by part."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measuring(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[f"{part}_s"] = round(time.perf_counter() - began, 3)


class _Training:
    """One training, step by step."""

    def __init__(self, spec: TrainingSpec, *, named: Named, artifacts: Artifacts, market: Market, report: Report, pictures: bool) -> None:
        self._spec, self._named, self._pictures = spec, named, pictures
        self._artifacts, self._market = artifacts, market
        self._config = checked(spec)
        self._settings = complete_hyperparameters(spec.algorithm, spec.hyperparameters, model_type=spec.model_type)
        self._target = parse_target(spec.target_variable)
        self._classes = self._target.classes
        outlook = outlook_of(spec, config=self._config)
        self._features = outlook.columns.names if outlook else spec.features
        self._learner = make_learner(
            spec.algorithm,
            model_type=spec.model_type,
            hyperparameters=spec.hyperparameters,
            classes=len(self._classes or ()),
            outlook=outlook,
        )
        self._epochs = most_epochs(spec.algorithm, self._settings)
        first = int(self._settings.get("n_estimators") or self._epochs or 1)
        rule = rule_of(self._config)
        self._narrator = Narrator(report, folds=rule.splits if rule else 0, epochs=first)
        self._clock = _Clock()

    def run(self, checkpoints: Checkpoints, *, crew: Crew | None) -> Trained:
        with self._clock.measuring("loading"):
            series, table, parts = self._load()
        key = checkpoint_key(self._spec, series=series)
        with self._shared(crew):
            with self._clock.measuring("validation"):
                folds = self._validate(key, series=series, table=table.part(parts.train), checkpoints=checkpoints)
                calibration = calibration_of(*held_out_of(folds), config=self._config)
            with self._clock.measuring("fitting"):
                fitted = self._fit(table.sample(parts.train), memory=Memory(checkpoints, f"{key} final", self._narrator.say))
        evidence = self._evidence(series, table=table, parts=parts, folds=folds, calibration=calibration)
        return self._finish(fitted, evidence=evidence, refit=Memory(checkpoints, f"{key} refit", self._narrator.say))

    @contextmanager
    def _shared(self, crew: Crew | None) -> Iterator[None]:
        """Have the learner fitted by workers, if there is a crew."""
        if crew is None:
            yield
            return
        self._narrator.say(f"Gathering {crew.processes} workers")
        alone = self._learner
        with crew.gathered() as workers:
            self._learner = Shared(learner=alone, workers=workers)
            yield
        self._learner = alone

    def _load(self) -> tuple[list[Series], Table, Split]:
        config, narrator = self._config, self._narrator
        narrator.begin("loading data", f"Loading candles of {', '.join(config.symbols)}")
        loaded = [load_candles(symbol, config=config, market=self._market) for symbol in config.symbols]
        loaded = in_common(loaded) if config.window == "common" else loaded
        narrator.begin("computing features", f"Computing {len(self._features)} features of {sum(len(c) - n for c, n in loaded)} bars")
        series = [with_features(candles, first=first, names=self._features) for candles, first in loaded]
        config = self._config = with_most_bars(config, series=series, target=self._target)
        table = make_table(series, config=config, model_type=self._spec.model_type, steps=steps_of(self._settings), target=self._target)
        parts = split(table, series=series, config=config)
        check_training_part(
            table.sample(parts.train),
            features=self._features,
            classification=self._classes is not None,
            barrier=table.barrier,
            classes=self._classes or (),
        )
        barrier = "" if table.barrier is None else f"; the barrier is {table.barrier:.3g} volatilities"
        narrator.say(f"{len(parts.train)} rows to train on, {len(parts.test)} to test on, {parts.purged} purged{barrier}")
        narrator.done(LOADING)
        return series, table, parts

    def _validate(self, key: str, *, series: list[Series], table: Table, checkpoints: Checkpoints) -> list[Fold]:
        def plays(fitted: Fitted, learned: Inputs, opens: int, closes: int) -> Floats:
            steps, abstains = steps_of(self._settings), abstaining(learned, features=self._features, config=self._config)
            return stretch_returns(
                fitted, series=series, opens=opens, closes=closes, config=self._config, steps=steps, target=self._target, abstains=abstains
            )

        validation = Validation(
            learner=self._learner,
            table=table,
            config=self._config,
            job_id=self._named.job_id,
            key=key,
            checkpoints=checkpoints,
            narrator=self._narrator,
            plays=plays if self._config.validation else None,
        )
        return validation()

    def _fit(self, training: Sample, *, memory: Memory) -> Fitted:
        unit = UNITS.get(self._spec.algorithm, "")
        number = self._settings.get("n_estimators") or f"at most {self._epochs}"
        start = self._narrator.step
        self._narrator.begin_fit("fitting the final model", f"Fitting {number} {unit}" if unit else f"Fitting {self._spec.algorithm}")
        on_epoch = self._narrator.epochs(steps=FINAL_FIT, noun=unit.removesuffix("s").capitalize() or "Iteration")
        fitted = with_memory(self._learner, memory).fit(training, watched=None, on_epoch=on_epoch)
        for warning in fitted.warnings:
            self._narrator.warn(warning)
        self._narrator.end_of(start=start, steps=FINAL_FIT)
        return fitted

    def _evidence(
        self, series: list[Series], *, table: Table, parts: Split, folds: list[Fold], calibration: Calibration | None
    ) -> Evidence:
        seed = self._settings["random_state"]
        assert isinstance(seed, int)
        return Evidence(
            spec=self._spec,
            config=self._config,
            settings=self._settings,
            series=series,
            table=table,
            parts=parts,
            folds=folds,
            seed=seed,
            features=self._features,
            novelty=novelty_of(table.rows[parts.train], features=self._features),
            calibration=calibration,
        )

    def _finish(self, fitted: Fitted, *, evidence: Evidence, refit: Memory) -> Trained:
        narrator = self._narrator
        with self._clock.measuring("judging"):
            narrator.begin("judging out of sample", f"Judging on {len(evidence.parts.test)} rows, and playing their signals")
            trading = play(fitted, evidence=evidence)
            result = make_result(fitted, evidence=evidence, trading=trading)
            gate = compare(fitted, evidence=evidence, artifacts=self._artifacts)
        with self._clock.measuring("drawing"):
            plots = self._draw(fitted, evidence=evidence, result=result, trading=trading) if self._pictures else {}
        served, learned, again = fitted, evidence, dict[str, Any]()
        if self._config.refit:
            with self._clock.measuring("refitting"):
                self._narrator.begin("refitting", "Refitting on all rows: what serves has learned from the test's, too")
                served, learned, again = refitted(evidence, learner=with_memory(self._learner, refit))
        with self._clock.measuring("saving"):
            narrator.begin("saving", "Saving the model, and checking that it answers as trained")
            saved = served.save()
            tables = {name: self._artifacts.put(data) for name, data in make_tables(trading).items()}
            conformal, intervals = conformal_of(fitted, evidence=evidence)
            parity = check_parity(served, saved=saved, rows=evidence.table.rows[evidence.parts.test])
            artifact = store(
                saved,
                novelty=learned.novelty,
                artifacts=self._artifacts,
                spec=self._spec,
                version=self._named.version,
                classes=self._classes,
                training_config=self._config.model_dump(mode="json"),
                synthetic=any(each.candles.synthetic for each in evidence.series),
                plots=plots,
                tables=tables,
                features=self._features,
                learned=learned_of(evidence.series, table=evidence.table, parts=learned.parts),
                conformal=conformal,
                barrier=evidence.table.barrier,
                calibration=evidence.calibration,
            )
        size = {"model_bytes": len(saved.onnx) + len(saved.explanation)}
        measured = {"intervals": intervals, "parity": parity.as_json(), "durations": self._clock.seconds}
        card = marked({**result.run_card, **again, **size, **measured})
        for warning in card["warnings"]:
            narrator.warn(warning)
        if gate is not None:
            narrator.say(gate.reason)
        narrator.say("Done", metrics=result.metrics)
        narrator.done(JUDGING)
        return Trained(artifact, result.model_copy(update={"run_card": card, "plots": plots, "tables": tables, "gate": gate}))

    def _draw(self, fitted: Fitted, *, evidence: Evidence, result: TrainingResult, trading: Trading) -> dict[str, Artifact]:
        """Draw all plots and keep them; the same picture twice is one file."""
        self._narrator.begin("drawing", "Drawing the importance of features, the SHAP values and the report of the test")
        named = self._named
        drawn = draw_all(fitted, evidence=evidence, result=result, trading=trading, model_name=named.model_name, version=named.version)
        return {name: self._artifacts.put(data) for name, data in drawn.items()}
