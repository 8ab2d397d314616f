"""What the job kind `tune` runs: trials of hyperparameters over purged folds, and then what the best of them is worth."""

import hashlib
import warnings
from contextlib import closing
from importlib.metadata import version
from typing import Any, Final

from pydantic import ValidationError

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.names import did_you_mean
from libs.contracts.training_config import CheckedConfig
from libs.contracts.tuning import BETTER, OF_CLASSES, OF_VALUES, TuneResult, TuneSpec
from libs.market.candles import Market
from libs.quant.targets import parse_target
from services.training.learners.progress import Checkpoints, Report
from services.training.learners.run_card import canonical_json, surroundings
from services.training.learners.series import card_of
from services.training.tuning.ending import end
from services.training.tuning.findings import Finding, findings
from services.training.tuning.ground import Ground, load_ground
from services.training.tuning.honesty import best_of
from services.training.tuning.keeping import Keeping
from services.training.tuning.search import Plan, Search
from services.training.tuning.slots import Slots
from services.training.tuning.space import Space
from services.training.tuning.trying import Trying

MEASURING: Final = 2
DRAWING: Final = 7
PROCESSES_MOST: Final = 4
"""A process that trains a network has some 650 MiB, and a job 4 GiB. Which trials there are does not depend on how many run at once."""


def run(
    spec: TuneSpec,
    *,
    market: Market,
    report: Report,
    artifacts: Artifacts,
    checkpoints: Checkpoints,
    pictures: bool = True,
    **_: object,
) -> TuneResult:
    """Search the space, and measure the best trial where no trial has looked. The same spec tries the same hyperparameters.

    Without `pictures` nothing is drawn, for whoever compares the numbers of many; they are the same.
    So it does when a runner was killed meanwhile: what had ended is taken over, and what ran is done again. Raise what loading candles and
    features raises, TrainingRefusedError's kin for what cannot be trained, InvalidError where no trial can be measured.
    """
    config = _checked(spec)
    ground = load_ground(spec.base, config=config, validation=_validation(config), holdout=spec.holdout, market=market)
    space = Space.of(spec.space)
    keeping = Keeping(
        key=_key(spec, ground=ground),
        objectives=tuple(each.metric for each in spec.objectives),
        directions=tuple(each.direction for each in spec.objectives),
        total=spec.max_trials,
        artifacts=artifacts,
        checkpoints=checkpoints,
        report=report,
    )
    earlier, warning = keeping.load(spec.earlier)
    if warning:
        keeping.warn(warning)
    # Before processes are started: what cannot be trained at all is refused here.
    folds = len(ground.rows(ground.settings(_first(space))).folds)
    # What fits do to the process's filters of warnings (`slots`) ends with them.
    with warnings.catch_warnings(), closing(_slots(spec, ground=ground)) as slots:
        trying = Trying(slots=slots, folds=folds, objectives=keeping.objectives)
        search = Search(_plan(spec, space=space), work=trying, rows=earlier, keep=keeping.keep)
        ended = search.run()
        best = best_of(search.rows, directions=keeping.directions)
        assert best is not None
        keeping.say("measuring the best trial on the hold-out, and with other seeds", step=MEASURING)
        ending = end(best, ground=ground, slots=slots, objective=keeping.objectives[0])
    keeping.say("drawing", step=DRAWING)
    finding = Finding(spec=spec, space=space, search=search, best=best, ending=ending, ended=ended, folds=folds, pictures=pictures)
    result = findings(finding, trials=keeping.close(search.rows), artifacts=artifacts, card=_card(spec, ground=ground, folds=folds))
    keeping.say("done", step=DRAWING + 3, message=f"Trial {best.number} is the best of {len(search.rows)}")
    return result.model_copy(update={"warnings": (*((warning,) if warning else ()), *result.warnings)})


def _checked(spec: TuneSpec) -> CheckedConfig:
    """Return the configuration of the model that is tuned; raise InvalidError for what is no part of its learner."""
    base = spec.base
    if base.algorithm not in ALGORITHMS:
        msg = f"There is no learner '{base.algorithm}'.{did_you_mean(base.algorithm, ALGORITHMS)}"
        raise InvalidError(msg, details={"algorithm": [msg]})
    known = ALGORITHMS[base.algorithm].hyperparameters
    problems = {
        f"hyperparameter_space.{name}": [f"{base.algorithm} has no hyperparameter '{name}'.{did_you_mean(name, known)}"]
        for name in spec.space
        if name not in known
    }
    lacking = OF_VALUES if base.model_type == "classification" else OF_CLASSES
    for name in (each.metric for each in spec.objectives):
        if name in lacking:
            others = ", ".join(sorted(set(BETTER) - lacking))
            problems["optimization_metric"] = [f"A {base.model_type} model has no {name}; there are {others}"]
    if problems:
        raise InvalidError("; ".join(text for texts in problems.values() for text in texts), details=problems)
    try:
        config = CheckedConfig.model_validate(base.training_config)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, each['loc'])) or 'training_config'}: {each['msg']}" for each in error.errors()]
        raise InvalidError("; ".join(told), details={"training_config": told}) from error
    if config.horizon_in == "sessions":
        return config  # How many bars that is, the candles say.
    bars = parse_target(base.target_variable).horizon(config.timeframe, default=config.horizon)
    return config.model_copy(update={"horizon": bars})


def _validation(config: CheckedConfig) -> dict[str, Any]:
    """Return how trials are validated: as the model is."""
    if config.validation is not None:
        return config.validation.model_dump()
    if not config.cross_validation_folds:
        return {"method": "holdout"}
    return {"method": "purged_kfold", "folds": config.cross_validation_folds}


def _first(space: Space) -> dict[str, Any]:
    """Return a point of the space: the first of each list, the least of each range."""
    return {each.name: each.least for each in space.dimensions}


def _slots(spec: TuneSpec, *, ground: Ground) -> Slots:
    is_network = "max_epochs" in ALGORITHMS[spec.base.algorithm].hyperparameters
    apart = is_network and spec.parallel_trials > 1
    return Slots(min(spec.parallel_trials, PROCESSES_MOST) if apart else spec.parallel_trials, own=ground, apart=apart)


def _plan(spec: TuneSpec, *, space: Space) -> Plan:
    stopping = spec.early_stopping
    return Plan(
        space=space,
        directions=tuple(each.direction for each in spec.objectives),
        sampler=spec.sampler,
        pruner=spec.pruner,
        seed=spec.seed,
        trials=spec.max_trials,
        parallel=spec.parallel_trials,
        counted_from=spec.earlier_trials,
        patience=stopping.patience if stopping else None,
        min_delta=stopping.min_delta if stopping else 0.0,
    )


def _key(spec: TuneSpec, *, ground: Ground) -> str:
    """Return a hash of everything that decides which trials there are and their numbers: the request, the candles, the libraries.

    How many trials there are, how many at a time, and when it ends early has no part in it: these may change when a search goes on.
    """
    left_out = {"max_trials", "parallel_trials", "early_stopping", "earlier", "earlier_trials", "experiment_id", "own"}
    asked = spec.model_dump(mode="json", exclude=left_out)
    return hashlib.sha256(canonical_json({"asked": asked, "data": ground.key(), **_libraries(spec)})).hexdigest()


def _libraries(spec: TuneSpec) -> dict[str, Any]:
    found = surroundings(spec.base.algorithm)
    return {**found, "libraries": {**found["libraries"], "optuna": version("optuna"), "cmaes": version("cmaes")}}


def _card(spec: TuneSpec, *, ground: Ground, folds: int) -> dict[str, Any]:
    return {
        **card_of(ground.series),
        "seed": spec.seed,
        "sampler": spec.sampler,
        "pruner": spec.pruner,
        "parallel_trials": spec.parallel_trials,
        "validation": {**ground.validation, "splits": folds},
        "holdout": spec.holdout,
        "timeframe": ground.config.timeframe,
        "horizon": ground.config.horizon,
        **_libraries(spec),
    }
