"""The Python client and AI Engine: a model is made, trained on a dataset and waited for, and errors are those of the rest of the client."""

import asyncio

import pytest

from modelbourse.answers.engine.models import EngineTraining
from modelbourse.cli.engine_models import pairs
from modelbourse.cli.errors import CommandError
from modelbourse.engine import models
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors import ConflictError, InvalidRequestError
from tests.gateway.engine.desk import DATASET, new_model
from tests.gateway.studio.client_stage import Stage
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_model_is_made_trained_waited_for_and_deleted(studio: World, ada: User) -> None:
    stage, seen = Stage(studio, ada), list[EngineTraining]()
    made = await stage.run(models.create_model, **new_model())

    queued = await stage.run(models.train_model, made.id, dataset_id=DATASET, hyperparameters={"max_depth": 3}, validation_split=0.3)
    waiting = asyncio.create_task(stage.run(models.wait_for_training, made.id, queued.job_id, watch=seen.append))
    with pytest.raises(ConflictError):
        await stage.run(models.delete_model, made.id)
    await studio.training.complete(queued.job_id)
    done = await waiting

    assert (done.status, done.version, seen[-1]) == ("completed", "1.0", done)
    ready = await stage.run(models.list_models, status="ready")
    assert [each.id for each in ready.models] == [made.id]
    assert (await stage.run(models.get_model, made.id)).metrics.accuracy == 0.41
    assert (await stage.run(models.delete_model, made.id)).success


async def test_a_training_that_does_not_end_well_raises_why(studio: World, ada: User) -> None:
    stage = Stage(studio, ada)
    made = await stage.run(models.create_model, **new_model())

    first = await stage.run(models.train_model, made.id, dataset_id=DATASET)
    await stage.run(models.cancel_training, made.id, first.job_id)
    with pytest.raises(EngineJobCancelledError, match="was cancelled"):
        await stage.run(models.wait_for_training, made.id, first.job_id)
    second = await stage.run(models.train_model, made.id)
    await studio.training.fail(second.job_id)
    with pytest.raises(EngineJobFailedError, match="Only 12 rows are left"):
        await stage.run(models.wait_for_training, made.id, second.job_id)
    with pytest.raises(InvalidRequestError, match="random_forest"):
        await stage.run(models.create_model, **new_model(type="random_forrest"))


async def test_parameters_of_a_command_are_names_and_values() -> None:
    assert pairs(["hidden_size=64", "criterion=gini", "bootstrap=true"]) == {"hidden_size": 64, "criterion": "gini", "bootstrap": True}
    with pytest.raises(CommandError, match="write name=value"):
        pairs(["hidden_size"])
