"""Models come from the artifact store by hash, stay within bounds, and are loaded before anybody asks."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact, ModelType, TrainingCompleted, TrainingResult, TrainingSpec
from services.inference.domain.errors import ModelUnreadableError
from services.inference.outbound.models_artifacts import ModelsArtifacts
from tests.inference.conftest import FEATURES, Store, Story
from tests.waiting import until


class CountingArtifacts(Artifacts):
    """The real store, which counts how often a file is read."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.reads: list[str] = []

    def get(self, sha256: str) -> bytes:
        self.reads.append(sha256)
        return super().get(sha256)


async def test_a_model_that_many_want_at_once_is_loaded_once(store: Store) -> None:
    artifacts = CountingArtifacts(store.url)
    models = ModelsArtifacts(artifacts, most=4, most_bytes=10**9)
    wanted = store.models["RANDOM_FOREST"].sha256

    found = await asyncio.gather(*(models.get(wanted) for _ in range(20)))

    assert len({id(model) for model in found}) == 1
    assert artifacts.reads.count(wanted) == 1


async def test_the_least_recently_used_model_leaves_when_there_are_too_many(store: Store) -> None:
    artifacts = CountingArtifacts(store.url)
    models = ModelsArtifacts(artifacts, most=2, most_bytes=10**9)
    forest, ridge, logistic = (store.models[name].sha256 for name in ("RANDOM_FOREST", "RIDGE", "LOGISTIC_REGRESSION"))

    for wanted in (forest, ridge, forest, logistic, forest, ridge):
        await models.get(wanted)

    assert models.count == 2
    assert artifacts.reads.count(forest) == 1  # Used again before each newcomer.
    assert artifacts.reads.count(ridge) == 2


async def test_models_leave_when_they_take_too_much_memory_together(store: Store) -> None:
    sizes = ModelsArtifacts(Artifacts(store.url), most=9, most_bytes=10**9)
    size = (await sizes.get(store.models["RANDOM_FOREST"].sha256)).size
    models = ModelsArtifacts(Artifacts(store.url), most=9, most_bytes=size)

    await models.get(store.models["RANDOM_FOREST"].sha256)
    await models.get(store.models["XGBOOST"].sha256)

    assert models.count == 1


async def test_a_model_that_is_not_there_is_refused_and_asked_for_anew_next_time(story: Story, tmp_path: Path) -> None:
    async with story.service(artifacts_url=str(tmp_path / "elsewhere")):
        with pytest.raises(AskRefusedError) as refused:
            await story.ask()
        (tmp_path / "elsewhere").symlink_to(story.store.url)
        told = await story.predict()

    assert refused.value.code == "artifact_missing"
    assert told.symbol == "AAPL"


@pytest.mark.parametrize("manifest", [{"format": "another/9"}, {"format": "modelbourse-model/1"}, []])
async def test_what_is_no_model_is_said_to_be_unreadable(tmp_path: Path, manifest: object) -> None:
    artifacts = Artifacts(str(tmp_path))
    artifact = artifacts.put(orjson.dumps(manifest))

    with pytest.raises(ModelUnreadableError):
        await ModelsArtifacts(artifacts, most=1, most_bytes=1).get(artifact.sha256)


async def test_a_new_version_is_in_memory_before_anybody_asks(story: Story, tmp_path: Path) -> None:
    copy = tmp_path / "artifacts"
    copy.symlink_to(story.store.url)

    async def has_loaded_it() -> bool:
        return story.metric("modelbourse_models_in_memory") == 1

    async with story.service(artifacts_url=str(copy)):
        await story.gateway.publish(_completed(story.store.models["XGBOOST"]))
        await until(has_loaded_it, what="warming")
        copy.unlink()  # From here nothing can be loaded any more.
        told = await story.predict("XGBOOST")

    assert told.scale == "log-odds"


async def test_a_version_whose_files_are_gone_is_passed_over(story: Story) -> None:
    async with story.service():
        await story.gateway.publish(_completed(Artifact(uri="sha256/00/none", sha256="0" * 64, size=1)))
        told = await story.predict()

    assert told.symbol == "AAPL"
    assert not story.broker.dead


def _completed(artifact: Artifact) -> TrainingCompleted:
    nothing = TrainingResult.model_construct(
        metrics={}, backtest={}, feature_importance={}, training_metrics={}, validation_metrics={}, baselines={}, sharpe_interval={},
        equity_curve=(), reasons={}, run_card={},
    )  # fmt: skip
    spec = TrainingSpec(
        model_type=ModelType.CLASSIFICATION,
        algorithm="XGBOOST",
        target_variable="signal_type",
        features=FEATURES,
        hyperparameters={},
        training_config={},
    )
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return TrainingCompleted(
        sequence=9, job_id="job_1", model_id="model_1", account_id="account_1", version="1.0", spec=spec, started_at=moment, ended_at=moment,
        compute_hours=Decimal("0.01"), artifact=artifact, result=nothing, logs=(),
    )  # fmt: skip
