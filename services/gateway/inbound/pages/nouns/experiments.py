"""Experiments: searches for hyperparameters, each with its history, slices, importance and Pareto front."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.contracts.tuning import BETTER, PRUNERS, SAMPLERS
from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled, json_of, several

EXPERIMENTS: Final = "/app/experiments"
API: Final = "/v1/ai/experiments"
SIZE: Final = 20
TRIALS: Final = 100
STATUSES: Final = ("created", "running", "stopping", "stopped", "completed", "failed")
NUMBERS: Final = ("max_trials", "parallel_trials", "seed")
# What each sampler is called where people read it.
SAMPLER_NAMES: Final = {"tpe": "TPE", "cmaes": "CMA-ES", "random": "Chance", "grid": "A grid", "gp": "A Gaussian process"}
SEARCHES: Final = frozenset({"running", "stopping"})
OF_TRIALS: Final = 2


def _new(form: Form) -> dict[str, Any]:
    """Return the body of an experiment: a second objective makes it one of several."""
    metrics = [form.get("optimization_metric", ""), form.get("second_metric", "")]
    goal = {"objectives": [{"metric": each} for each in metrics]} if metrics[1] else filled(form, "optimization_metric")
    return {
        **filled(form, "name", "description", "model_type", "dataset_id", "target", "sampler", "pruner", numbers=NUMBERS),
        **goal,
        "features": several(form, "features"),
        "hyperparameter_space": json_of(form.get("hyperparameter_space", "")),
    }


def _to_experiment(answer: Any, _: Mapping[str, str]) -> str:
    return f"{EXPERIMENTS}/{answer['id']}"


def _to_model(answer: Any, _: Mapping[str, str]) -> str:
    return f"/app/models/{answer['id']}"


def _completed(trials: Sequence[Mapping[str, Any]], metric: str) -> list[Mapping[str, Any]]:
    """Return the trials that have this metric, in the order in which they were begun."""
    return sorted((each for each in trials if each["metrics"].get(metric) is not None), key=lambda each: int(each["number"]))


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return charts of the search, over the trials that have ended well."""
    told, trials = facts["experiment"], (facts["trials"] or {}).get("trials") or []
    goals = told["objectives"]
    metric, direction = goals[0]["metric"], goals[0]["direction"]
    done = _completed(trials, metric)
    searched = list(told["hyperparameter_space"])
    both = [each for each in done if len(goals) == OF_TRIALS and each["metrics"].get(goals[1]["metric"]) is not None]
    best = (told["progress"]["best_trial"] or {}).get("metrics") or {}
    held = told["holdout_metrics"] or {}
    return {
        "measured": [(name, best.get(name), held.get(name)) for name in dict.fromkeys([*best, *held])],
        "metric": metric,
        "searching": told["status"] in SEARCHES,
        "searched": searched,
        "history": charts.history([(each["number"], each["metrics"][metric]) for each in done], metric, direction) if done else None,
        "together": charts.parallel(searched, metric, [(each["hyperparameters"], each["metrics"][metric]) for each in done])
        if done
        else None,
        "weights": charts.bars(told["parameter_importance"], name="Importance") if told["parameter_importance"] else None,
        "slices": {
            name: charts.scatter(
                [(each["hyperparameters"][name], each["metrics"][metric]) for each in done if name in each["hyperparameters"]], name, metric
            )
            for name in searched
            if done
        },
        "pareto": charts.scatter(
            [(each["metrics"][metric], each["metrics"][goals[1]["metric"]]) for each in both], metric, goals[1]["metric"]
        )
        if both
        else None,
    }


PAGES: Final = (
    Page(
        path=EXPERIMENTS,
        template="experiments.html",
        title="Experiments",
        reads={"experiments": Read(API, query=("status",), size=SIZE)},
        shape=lambda _: {"size": SIZE, "statuses": STATUSES},
    ),
    Page(
        path=f"{EXPERIMENTS}/new",
        template="new_experiment.html",
        title="New experiment",
        crumbs=((EXPERIMENTS, "Experiments"),),
        reads={"datasets": Read("/v1/ai/datasets", fixed={"limit": 100})},
        shape=lambda _: {
            "metrics": tuple(BETTER),
            "samplers": [(each, SAMPLER_NAMES.get(each, each)) for each in SAMPLERS],
            "pruners": PRUNERS,
        },
        actions={"create": Action("POST", API, _new, _to_experiment, "The experiment is made. Start it when you like.")},
    ),
    Page(
        path=f"{EXPERIMENTS}/{{experiment_id}}",
        template="experiment.html",
        title=lambda facts: str(facts["experiment"]["name"]),
        crumbs=((EXPERIMENTS, "Experiments"),),
        reads={
            "experiment": Read(f"{API}/{{experiment_id}}"),
            "trials": Read(f"{API}/{{experiment_id}}/trials", fixed={"limit": TRIALS}, needed=False),
        },
        shape=_shape,
        actions={
            "start": Action("POST", f"{API}/{{experiment_id}}/start", done="The search has begun."),
            "stop": Action("POST", f"{API}/{{experiment_id}}/stop", done="It stops when its running trials have ended."),
            "resume": Action("POST", f"{API}/{{experiment_id}}/resume", lambda _: {}, done="The search goes on."),
            "model": Action(
                "POST",
                f"{API}/{{experiment_id}}/model",
                lambda form: filled(form, "trial_id"),
                _to_model,
                "The model is made of the trial.",
            ),
            "delete": Action("DELETE", f"{API}/{{experiment_id}}", goes=lambda *_: EXPERIMENTS, done="The experiment is deleted."),
        },
    ),
)
FILES: Final = {f"{EXPERIMENTS}/{{experiment_id}}/plots/{{plot}}": f"{API}/{{experiment_id}}/plots/{{plot}}"}
