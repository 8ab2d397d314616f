"""Fits what a manifest names, and reads it from the files of a model; libraries are imported where they are needed: they take seconds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np

from libs.contracts.manifests import forecasting as words
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.learner import Epoch
from services.training.learners.progress import Checkpoints
from services.training.learners.unfinished import FitMemory
from services.training.recipes.forecasting.forecaster import STATE, Forecaster, Mean, SeasonalNaive
from services.training.recipes.forecasting.panel import Panel
from services.training.recipes.forecasting.unfinished import FitsMemory

BASELINES: Final = ("seasonal_naive", "mean")
NEEDED: Final = {"ets": "statsmodels", "nhits": "pytorch_forecasting"}
"""Packages that not every installation has."""


@dataclass(frozen=True, slots=True)
class Around:
    """Whom a fit tells how far it is (done, of how many), and where it keeps that; `data` is a hash of what is learned from."""

    say: Callable[[str], None] = lambda _: None
    reach: Callable[[int, int], None] = lambda _done, _all: None
    checkpoints: Checkpoints | None = None
    data: str = ""

    def memory_of(self, manifest: words.ForecastingManifest, *, end: int) -> FitsMemory | None:
        """Return where the fit to the first `end` periods is kept, if anywhere."""
        return FitsMemory.of(self.checkpoints, manifest=manifest, end=end, data=self.data, say=self.say)


def fit_baseline(name: str, panel: Panel, *, end: int) -> Forecaster:
    """Return a baseline of the first `end` periods."""
    return SeasonalNaive() if name == "seasonal_naive" else Mean.fit(panel, end=end)


def fit(panel: Panel, *, end: int, manifest: words.ForecastingManifest, around: Around, memory: FitMemory | None) -> Forecaster:
    """Return the manifest's learner, fitted to the first `end` periods; with a `memory` it goes on where an attempt before was.

    Raise NotEnoughDataError where these are too few for it, and TrainingRefusedError where its library is not installed.
    """
    learner, horizon = manifest.learner, manifest.objective.horizon
    _check_installed(learner.name)
    if isinstance(learner, words.Ets):
        from services.training.recipes.forecasting.ets import Ets  # noqa: PLC0415 - statsmodels

        on_node = lambda place: around.reach(place + 1, len(panel.nodes))  # noqa: E731 - one line of four
        return Ets.fit(panel, end=end, settings=learner.hyperparameters, on_node=on_node, memory=memory)
    if isinstance(learner, words.Boosted):
        from services.training.recipes.forecasting.boosted import Boosted  # noqa: PLC0415 - LightGBM

        return Boosted.fit(
            panel,
            end=end,
            horizon=horizon,
            settings=learner.hyperparameters,
            seed=manifest.seed,
            on_tree=lambda count: around.reach(count, learner.hyperparameters.n_estimators),
        )
    if isinstance(learner, words.Nhits):
        return _fit_network(panel, end=end, manifest=manifest, settings=learner.hyperparameters, around=around, memory=memory)
    return fit_baseline(learner.name, panel, end=end)


def read(name: str, files: Mapping[str, bytes]) -> Forecaster:
    """Return what has these files, by the learner's name."""
    state = json.loads(files[STATE]) if STATE in files else {}
    match name:
        case "seasonal_naive":
            return SeasonalNaive()
        case "mean":
            return Mean(np.array([np.nan if each is None else each for each in state["means"]]))
        case "ets":
            from services.training.recipes.forecasting.ets import Ets  # noqa: PLC0415 - statsmodels

            return Ets.from_json(state["models"])
        case "lightgbm":
            from services.training.recipes.boosting import opened  # noqa: PLC0415 - LightGBM
            from services.training.recipes.forecasting.boosted import BOOSTER, Boosted  # noqa: PLC0415 - as above

            return Boosted(opened(files[BOOSTER]), state["lags"], (), tuple(state["names"]))
        case _:
            from services.training.recipes.forecasting.nhits import NETWORK, Nhits  # noqa: PLC0415 - PyTorch

            return Nhits.from_files(state, weights=files[NETWORK])


def _check_installed(learner: str) -> None:
    package = NEEDED.get(learner)
    if package is not None and find_spec(package) is None:
        message = f"{learner} needs the package {package}, which is not installed where trainings run: take another learner."
        raise TrainingRefusedError(message, details={"manifest.learner.name": [message]})


def _fit_network(
    panel: Panel,
    *,
    end: int,
    manifest: words.ForecastingManifest,
    settings: words.NhitsHyperparameters,
    around: Around,
    memory: FitMemory | None,
) -> Forecaster:
    from services.training.recipes.forecasting.nhits import Nhits  # noqa: PLC0415 - PyTorch

    return Nhits.fit(
        panel,
        end=end,
        horizon=manifest.objective.horizon,
        settings=settings,
        seed=manifest.seed,
        on_epoch=lambda epoch: _tell(epoch, around),
        memory=memory,
    )


def _tell(epoch: Epoch, around: Around) -> None:
    around.reach(epoch.number, epoch.total)
    held = "" if epoch.validation_loss is None else f", {epoch.validation_loss:.4f} on later windows"
    around.say(f"Epoch {epoch.number} of {epoch.total}: loss {epoch.loss:.4f}{held}")
