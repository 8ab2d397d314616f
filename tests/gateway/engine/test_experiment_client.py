"""The Python client and experiments: one is made, run, waited for, and its best trial becomes a model; tunings alike."""

import asyncio

import pytest

from modelbourse.answers.engine.experiments import Experiment
from modelbourse.engine import experiments, models
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors import ConflictError, InvalidRequestError
from tests.gateway.engine.desk import new_model
from tests.gateway.engine.searching import Searcher, experiment, row, search
from tests.gateway.studio.client_stage import Stage
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
SPACE = {"max_depth": {"type": "int", "min": 2, "max": 8}}
FOREST = {"model_type": "random_forest", "target": "signal_type", "hyperparameter_space": SPACE}


async def test_an_experiment_is_made_run_waited_for_stopped_resumed_and_used(studio: World, ada: User) -> None:
    stage, cluster, seen = Stage(studio, ada), Searcher(studio, ada), list[Experiment]()
    made = await stage.run(experiments.create_experiment, **experiment(**FOREST))
    begun = await stage.run(experiments.start_experiment, made.id)
    await cluster.spec(begun.job_id)
    with pytest.raises(ConflictError):
        await stage.run(experiments.delete_experiment, made.id)
    assert (await stage.run(experiments.stop_experiment, made.id)).status == "stopping"
    await cluster.cancel(begun.job_id)
    with pytest.raises(EngineJobCancelledError, match="was stopped"):
        await stage.run(experiments.wait_for_experiment, made.id)

    again = await stage.run(experiments.resume_experiment, made.id, max_trials=3)
    await cluster.spec(again.job_id)
    waiting = asyncio.create_task(stage.run(experiments.wait_for_experiment, made.id, watch=seen.append))
    await cluster.complete(again.job_id, row(0, loss=0.07), row(1, loss=0.05))
    done = await waiting

    assert (done.status, done.progress.best_trial.trial_id, seen[-1]) == ("completed", "trial_1", done)
    assert [each.number for each in (await stage.run(experiments.list_trials, made.id, sort_by="val_loss")).trials] == [1, 0]
    assert [each.id for each in (await stage.run(experiments.list_experiments, status="completed")).experiments] == [made.id]
    assert await stage.run(experiments.get_experiment_plot, made.id) == b"a picture"
    assert (await stage.run(experiments.make_model, made.id, name="Tuned")).trial_id == "trial_1"
    assert (await stage.run(experiments.delete_experiment, made.id)).success


async def test_a_tuning_is_waited_for_and_says_why_it_failed(studio: World, ada: User) -> None:
    stage, cluster = Stage(studio, ada), Searcher(studio, ada)
    model = await stage.run(models.create_model, **new_model())
    queued = await stage.run(experiments.tune_model, model.id, **search(hyperparameter_space=SPACE))
    await cluster.spec(queued.job_id)
    waiting = asyncio.create_task(stage.run(experiments.wait_for_tuning, model.id, queued.job_id))
    await cluster.complete(queued.job_id, row(0, loss=0.07))
    found = await waiting
    second = await stage.run(experiments.tune_model, model.id, **search(hyperparameter_space=SPACE))
    await cluster.spec(second.job_id)
    await cluster.fail(second.job_id)

    assert found.results.best_trial.trial_id == "trial_0"
    with pytest.raises(ConflictError):
        await stage.run(experiments.cancel_tuning, model.id, queued.job_id)
    assert (await stage.run(experiments.delete_tuning, model.id, queued.job_id)).success
    with pytest.raises(EngineJobFailedError, match="no trial could be trained"):
        await stage.run(experiments.wait_for_tuning, model.id, second.job_id)
    with pytest.raises(InvalidRequestError, match="max_depth"):
        await stage.run(experiments.tune_model, model.id, **search(hyperparameter_space={"max_deph": SPACE["max_depth"]}))
