"""Jobs that have ended, as MLflow shows them: read back with its own client, from its own store."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_ports
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.gateway import AccountErased
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.registry import RegisteredVersionTold, RegistryChanged
from libs.contracts.training import JobState, TrainingRequested
from services.training.domain.job import Job, job_from
from services.training.outbound.job_documents import to_document
from services.training.outbound.mirror_mlflow import MirrorMlflow
from services.training.outbound.mirrored_jobs_mongo import MirroredJobsMongo
from services.training.outbound.mirrored_names_mongo import MirroredNamesMongo
from services.training.usecases.mirror_jobs import MirrorJobs
from tests.training.conftest import Story, until

# Before the client is imported: it would tell its makers that it is used.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


class Tracker:
    """MLflow's own store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"sqlite:///{folder / 'mlflow.db'}"

    def client(self) -> Any:
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 - see above

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def runs(self, job_id: str) -> list[Any]:
        """The runs that a training is shown as."""
        client = self.client()
        experiment = client.get_experiment_by_name("modelbourse/train")
        return list(client.search_runs([experiment.experiment_id], f"tags.`modelbourse.job_id` = '{job_id}'"))


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """One for all, as MLflow takes seconds to make its tables."""
    return Tracker(tmp_path_factory.mktemp("tracker"))


async def shown(story: Story, *, count: int) -> None:
    """Wait until so many jobs are shown as they are now."""

    async def are_shown() -> bool:
        return await story.database["jobs"].count_documents({"mirrored": {"$ne": None}}) == count

    await until(are_shown)


async def test_what_ended_while_mlflow_was_away_is_shown_when_it_is_back(story: Story, tracker: Tracker, tmp_path: Path) -> None:
    story.open_gate()
    away = tmp_path / "away"
    async with story.service(mlflow_tracking_uri=f"sqlite:///{away / 'mlflow.db'}"):
        good, bad = await story.request(steps=3), await story.request(fail="final")
        await story.ended(good, bad)
        unseen = await story.database["jobs"].count_documents({"mirrored": {"$ne": None}})
        away.symlink_to(tracker.folder)
        await shown(story, count=2)

    ((run,), (failed,)) = tracker.runs(good.job_id), tracker.runs(bad.job_id)
    assert unseen == 0
    assert (run.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert (run.info.run_name, run.data.params["algorithm"], run.data.params["hyperparameters.steps"]) == (
        "a story's",
        "RANDOM_FOREST",
        "3",
    )
    assert run.data.params["training_config.symbols"] == "AAPL"
    assert run.data.tags["modelbourse.model_id"] == good.model_id
    assert failed.data.tags["modelbourse.error"] == "These symbols have no candles."


async def test_metrics_have_their_steps_and_files_lie_beside_the_run(story: Story, tracker: Tracker) -> None:
    async with story.service(mlflow_tracking_uri=tracker.uri):
        request = await story.request(hold_at=2)
        await story.is_at_gate(request, step=2)
        story.open_gate()
        await story.ended(request)
        await shown(story, count=1)

    (run,) = tracker.runs(request.job_id)
    history = tracker.client().get_metric_history(run.info.run_id, "loss")
    files = {each.path for each in tracker.client().list_artifacts(run.info.run_id)}
    assert {(2, 1 / 2), (3, 1 / 3)} <= {(each.step, each.value) for each in history}
    assert len({each.step for each in history}) == len(history)
    assert run.data.metrics["accuracy"] == 0.5
    assert files == {"manifest.json", "model.onnx"}


@pytest.mark.soak
async def test_a_process_that_died_while_it_showed_a_job_leaves_one_run(story: Story, tracker: Tracker) -> None:
    story.open_gate()
    async with story.service(mlflow_tracking_uri=tracker.uri):
        request = await story.request(steps=3)
        await story.ended(request)
        await shown(story, count=1)
        # As if it had died before it noted that the job is shown.
        await story.database["jobs"].update_many({}, {"$set": {"mirrored": None}})
        await shown(story, count=1)

    assert len(tracker.runs(request.job_id)) == 1


@pytest.mark.soak
async def test_an_erased_account_leaves_no_name_in_mlflow(story: Story, tracker: Tracker) -> None:
    story.open_gate()
    async with story.service(mlflow_tracking_uri=tracker.uri):
        request = await story.request(steps=3)
        await story.ended(request)
        await shown(story, count=1)
        await story.gateway.publish(AccountErased(sequence=1, account_id="account_1"))

        async def is_renamed() -> bool:
            return [run.info.run_name for run in tracker.runs(request.job_id)] == ["erased"]

        await until(is_renamed)


async def test_names_of_the_registry_have_their_versions_runs_and_aliases_there(story: Story, tracker: Tracker) -> None:
    story.open_gate()
    async with story.service(mlflow_tracking_uri=tracker.uri):
        first, second = await story.request(steps=3), await story.request(steps=3)
        await story.ended(first, second)
        await shown(story, count=2)
        versions = [version_of(job, number=number) for number, job in enumerate((first, second), start=1)]
        await story.gateway.publish(name_with(versions, production=1, aliases={"best": 2}, sequence=2))
        # An event that comes late changes nothing.
        await story.gateway.publish(name_with(versions[:1], production=None, aliases={}, sequence=1))
        promoted = [each.model_copy(update={"status": "production"}) for each in versions[1:]]
        await story.gateway.publish(name_with(promoted, production=2, aliases={"best": 2}, sequence=3))
        await names_shown(story)
        (model,) = tracker.client().search_registered_models("name = 'TFT AAPL 000001'")
        there = {each.version: each for each in tracker.client().search_model_versions("name = 'TFT AAPL 000001'")}
        await story.gateway.publish(AccountErased(sequence=1, account_id="account_1"))
        await names_shown(story, count=1)

    runs = {number: tracker.runs(job.job_id)[0].info.run_id for number, job in (("1", first), ("2", second))}
    assert {str(number): each.run_id for number, each in there.items()} == runs
    assert {str(number): each.tags["modelbourse.status"] for number, each in there.items()} == {"1": "registered", "2": "production"}
    assert {alias: int(number) for alias, number in model.aliases.items()} == {"best": 2, "production": 2}
    assert tracker.client().search_registered_models("name = 'TFT AAPL 000001'") == []


async def test_a_training_on_texts_has_its_folder_and_epochs_there_and_a_deleted_version_goes(
    story: Story, tracker: Tracker, tmp_path: Path
) -> None:
    names, artifacts = MirroredNamesMongo(story.database), Artifacts(tmp_path.as_uri())
    job = text_job(artifacts)
    curve = [{"step": 1, "at": now(), "values": [["train_loss", 0.5]]}]
    document = to_document(job) | {"_id": job.id, "version": 1, "logs": [], "pending_events": [], "curve": curve}
    await story.database["jobs"].insert_one(document)
    jobs = MirroredJobsMongo(story.database)
    await jobs.prepare()
    told = RegisteredVersionTold(number=1, model_id="m", model_version="1.0", job_id=job.id, status="registered", created_at=now())
    versions = [told, told.model_copy(update={"number": 2})]
    mirror = MirrorJobs(jobs, names, MirrorMlflow(tracker.uri), artifacts, "mirror")
    await names.note(name_with(versions, production=None, aliases={}, sequence=1))

    await mirror()
    deleted = name_with([], production=None, aliases={}, sequence=2).model_copy(update={"removed": (2,)})
    await names.note(deleted)
    await mirror()

    client = tracker.client()
    experiment = client.get_experiment_by_name("modelbourse/train_text")
    (run,) = client.search_runs([experiment.experiment_id])
    (version,) = client.search_model_versions("name = 'TFT AAPL 000001'")
    assert (run.data.params["config.training.method"], run.data.metrics["macro_f1"], run.data.metrics["validation/macro_f1"]) == (
        "head",
        0.7,
        0.6,
    )
    assert [each.value for each in client.get_metric_history(run.info.run_id, "train_loss")] == [0.5]
    assert {each.path for each in client.list_artifacts(run.info.run_id)} == {"model", "report.html"}
    assert [each.path for each in client.list_artifacts(run.info.run_id, "model")] == ["model/model.onnx"]
    assert (version.run_id, version.source) == (run.info.run_id, f"{run.info.artifact_uri}/model")


def text_job(artifacts: Artifacts) -> Job:
    """A training on texts that has ended well."""
    example = EXAMPLES[JobRequested]
    assert isinstance(example, JobRequested)
    spec = {"experiment_name": "news", "config": {"training": {"method": "head"}}, "output_dir": "outputs/a"}
    request = example.model_copy(update={"kind": JobKind.TRAIN_TEXT, "spec": spec, "job_id": "job_of_texts", "account_id": "account_1"})
    made = {
        name: artifacts.put(name.encode()).model_dump() for name in ("model/model.onnx", "report.html", "checkpoint-1/model.safetensors")
    }
    result = {"metrics": {"macro_f1": 0.7, "mcc": None}, "validation_metrics": {"macro_f1": 0.6}, "files": made}
    job = job_from(request, traceparent=None, correlation_id=None)
    return replace(job, state=JobState.SUCCEEDED, started_at=now(), ended_at=now(), result=result)


def version_of(job: TrainingRequested, *, number: int) -> RegisteredVersionTold:
    return RegisteredVersionTold(
        number=number,
        model_id=job.model_id,
        model_version=job.version,
        job_id=job.job_id,
        status="registered",
        metrics={"accuracy": 0.5},
        created_at=now(),
    )


def name_with(versions: list[RegisteredVersionTold], *, production: int | None, aliases: dict[str, int], sequence: int) -> RegistryChanged:
    return RegistryChanged(
        sequence=sequence,
        registry_id="registry_000001",
        account_id="account_1",
        name="TFT AAPL",
        changed=tuple(versions),
        production=production,
        aliases=aliases,
    )


async def names_shown(story: Story, *, count: int = 0) -> None:
    """Wait until nothing is due, and so many names are gone."""

    async def are_shown() -> bool:
        names = story.database["mirrored_names"]
        gone = await names.count_documents({"gone": True, "is_due": False})
        return gone == count and await names.count_documents({"is_due": False, "sequence": 3}) == 1

    await until(are_shown)


@pytest.mark.soak
async def test_a_server_of_mlflow_that_was_killed_is_told_all_when_it_is_started_again(story: Story, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    tracker = Tracker(tmp_path)
    tracker.uri = f"http://127.0.0.1:{port}"
    story.open_gate()
    async with story.service(mlflow_tracking_uri=tracker.uri):
        with serving(tmp_path, port=port) as server:
            first = await story.request(steps=3)
            await story.ended(first)
            await shown(story, count=1)
            os.killpg(server.pid, signal.SIGKILL)
        second = await story.request(steps=3)
        await story.ended(second)
        with serving(tmp_path, port=port):
            await shown(story, count=2)
            ((run,), (later,)) = tracker.runs(first.job_id), tracker.runs(second.job_id)
            files = {each.path for each in tracker.client().list_artifacts(later.info.run_id)}

    assert (run.info.status, later.info.status) == ("FINISHED", "FINISHED")
    assert files == {"manifest.json", "model.onnx"}


@contextmanager
def serving(folder: Path, *, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real server of MLflow; its requests are tried again until it listens."""
    store = f"sqlite:///{folder / 'server.db'}"
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", store, "--workers", "1"]
    words += ["--artifacts-destination", str(folder / "files")]
    with (
        (folder / "server.log").open("ab") as log,
        subprocess.Popen([sys.executable, "-m", "mlflow", *words], stdout=log, stderr=log, start_new_session=True) as server,
    ):
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
