"""What may be searched: each hyperparameter that a learner has, within what that takes; and which metrics, samplers and pruners fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.hyperparameters import Hyperparameter, HyperparameterValue
from libs.contracts.names import did_you_mean, listed
from libs.contracts.training import ModelType
from libs.contracts.tuning import (
    ALSO_CALLED,
    BETTER,
    DIRECTIONS,
    FITTING,
    OBJECTIVES_MOST,
    OF_CLASSES,
    OF_VALUES,
    PARAMETERS_MOST,
    Objective,
    SearchRange,
)
from services.gateway.domain.models.engine_types import own_name, parameters_of, type_of
from services.gateway.domain.problems import SHOWN, Problems, words_of

SPACE: Final = "hyperparameter_space"
SEED: Final = "random_state"
NOT_SEARCHED: Final = "Is not searched: a lucky seed is no better model. What seeds change is told as seeds_noise."


@dataclass(frozen=True, slots=True)
class Space:
    """Ranges by the learner's own names, and what each was called."""

    ranges: Mapping[str, SearchRange]
    names: Mapping[str, str]


def read_space(algorithm: str, given: Mapping[str, Mapping[str, Any]], *, model_type: ModelType) -> tuple[Space, Problems]:
    """Return what is to be searched, and all that is wrong with it by `hyperparameter_space.<name>`."""
    problems: Problems = {}
    ranges: dict[str, SearchRange] = {}
    names: dict[str, str] = {}
    if not 1 <= len(given) <= PARAMETERS_MOST:
        problems[SPACE] = [f"Must have 1 to {PARAMETERS_MOST} hyperparameters."]
        return Space({}, {}), problems
    for name, what in given.items():
        own = own_name(algorithm, name)
        found, texts = _read_range(algorithm, own, what, model_type=model_type, name=name)
        if own in names:
            texts = [f"'{name[:SHOWN]}' and '{names[own]}' are the same hyperparameter: give one of them."]
        if texts:
            problems[f"{SPACE}.{name[:SHOWN]}"] = texts
        elif found is not None:
            ranges[own], names[own] = found, name
    return Space(ranges, names), problems


def _read_range(
    algorithm: str, own: str, what: Mapping[str, Any], *, model_type: ModelType, name: str
) -> tuple[SearchRange | None, list[str]]:
    known = {each.name: each for each in ALGORITHMS[algorithm].hyperparameters.values() if model_type in each.model_types}
    if own not in known:
        there = [*parameters_of(dict.fromkeys(known, 0))]
        hint = did_you_mean(name, [*there, *known]) or f" There are {listed(there, most=40)}."
        return None, [f"{type_of(algorithm)} has no hyperparameter '{name[:SHOWN]}'.{hint}"]
    if own == SEED:
        return None, [NOT_SEARCHED]
    try:
        found = SearchRange.model_validate(what)
    except ValidationError as error:
        return None, [_words(problem) for problem in error.errors(include_url=False)]
    return found, _misfits(known[own], found)


def _words(problem: Mapping[str, Any]) -> str:
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = list(SearchRange.model_fields)
        return f"There is no '{place[:SHOWN]}'; there are {', '.join(known)}.{did_you_mean(place, known)}"
    return f"{place}: {words_of(problem)}" if place else words_of(problem)


def _misfits(parameter: Hyperparameter, found: SearchRange) -> list[str]:
    """Return why a learner would not take each value of a range."""
    if found.type == "float" and parameter.type == "integer":
        return [f"Must be searched as int: it {parameter.allowed()}."]
    tried: Sequence[HyperparameterValue] = found.values or [_whole(found, found.min), _whole(found, found.max)]
    wrong = [value for value in tried if not parameter.takes(value)]
    return [f"{', '.join(map(repr, wrong[:3]))} cannot be tried: it {parameter.allowed()}."] if wrong else []


def _whole(found: SearchRange, bound: float | None) -> HyperparameterValue:
    return int(bound) if found.type == "int" and bound is not None else bound


def read_objectives(given: Sequence[tuple[str, str, str | None]], *, model_type: ModelType) -> tuple[tuple[Objective, ...], Problems]:
    """Return what is searched for, of triples of a field's name, a metric and a direction (None: the metric's own); and what is wrong."""
    problems: Problems = {}
    found: list[Objective] = []
    if len(given) > OBJECTIVES_MOST:
        return (), {"objectives": [f"Must be at most {OBJECTIVES_MOST}."]}
    for field, metric, direction in given:
        named, at = ALSO_CALLED.get(metric, metric), f"{field}_" if field == "optimization" else f"{field}."
        fitting, words = metrics_of(model_type), words_for(model_type)
        if metric not in words:
            hint = did_you_mean(metric, words) or f" Known: {', '.join(fitting)}."
            lead = "Unknown metric" if named not in BETTER else f"A {model_type.value} model has no"
            problems[f"{at}metric"] = [f"{lead} '{metric[:SHOWN]}'.{hint}"]
        elif direction is not None and direction not in DIRECTIONS:
            problems[f"{at}direction"] = [f"Must be one of {', '.join(DIRECTIONS)}.{did_you_mean(direction, DIRECTIONS)}"]
        elif direction not in {None, BETTER[named]}:
            problems[f"{at}direction"] = [f"{named} is better the other way: {BETTER[named]}."]
        elif any(each.metric == named for each in found):
            problems[f"{at}metric"] = [f"'{named}' is there twice."]
        else:
            found.append(Objective(metric=named, direction=BETTER[named]))
    return tuple(found), problems


def metrics_of(model_type: ModelType) -> list[str]:
    """Return the metrics that trials of such a model have."""
    left_out = OF_VALUES if model_type is ModelType.CLASSIFICATION else OF_CLASSES
    return [name for name in BETTER if name not in left_out]


def words_for(model_type: ModelType) -> list[str]:
    """Return all words by which metrics of such a model's trials may be asked for."""
    fitting, classes = metrics_of(model_type), model_type is ModelType.CLASSIFICATION
    others = [word for word, metric in ALSO_CALLED.items() if metric in fitting and FITTING.get(word, classes) is classes]
    return [*fitting, *others]


def check_search(space: Space, objectives: Sequence[Objective], *, sampler: str, pruner: str) -> Problems:
    """Return why a sampler or a pruner cannot search this."""
    problems: Problems = {}
    several = len(objectives) > 1
    open_ended = [space.names[name] for name, each in space.ranges.items() if each.type == "float" and not each.values and not each.step]
    if sampler == "grid" and open_ended:
        problems["sampler"] = [f"A grid needs step or values of each float: {', '.join(open_ended)} has neither."]
    if sampler == "cmaes" and several:
        problems["sampler"] = ["cmaes searches for one objective; tpe, gp, random and grid search for several."]
    if sampler == "cmaes" and all(each.values for each in space.ranges.values()):
        problems["sampler"] = ["cmaes needs a range with min and max: it cannot learn from a choice of values."]
    if pruner != "none" and several:
        problems["pruner"] = ["A search for several objectives prunes nothing: leave pruner out, or give one objective."]
    return problems
