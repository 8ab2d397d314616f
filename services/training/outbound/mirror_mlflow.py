"""MLflow as an experiment tracker: one experiment for each kind of job, one run for each job.

A run is found by its job's id, so that one which was written before, wholly or in part, is written into and never doubled: MLflow keeps
a metric's value once for its name, step and moment, and a parameter once.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from libs.chassis.errors import StartRefusedError, UnavailableError
from libs.contracts.training import JobState
from services.training.domain.errors import RunRefusedError
from services.training.domain.kinds import WORK
from services.training.domain.mirrored import MirroredName, MirroredRun, MirroredVersion

T = TypeVar("T")
REGISTRY_ID: Final = "modelbourse.registry_id"
NUMBER: Final = "modelbourse.version"
# Which kinds of jobs make versions, and the folder of a run's files that is the model.
MODEL_IN: Final = {kind.value: f"/{work.model_in}".rstrip("/") for kind, work in WORK.items() if work.model_in is not None}
SQLITE: Final = "sqlite:///"
ENDS: Final = {JobState.SUCCEEDED: "FINISHED", JobState.FAILED: "FAILED", JobState.CANCELLED: "KILLED"}
# What MLflow takes in one request.
METRICS_AT_ONCE: Final = 1000
# Statuses by which a server says that this request will never do. A credential may be mended, what is busy has time, and what is
# missing is made anew.
REFUSALS: Final = range(400, 500)
MAY_PASS: Final = {401, 403, 404, 408, 429}
SETTINGS: Final = {
    # The library would tell its makers that it is used.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Who calls it tries again by itself.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class MirrorMlflow:
    """Implements `Mirror`. `uri` is `http(s)://…` of a server, or `sqlite:///file`, which `mlflow ui --backend-store-uri` opens."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._client: Any = None
        self._experiments: dict[str, str] = {}

    def check(self) -> None:
        """Raise StartRefusedError where the library is not installed."""
        from importlib.util import find_spec  # noqa: PLC0415 - only processes that have a tracker ask

        if find_spec("mlflow") is None:
            msg = 'MLFLOW_TRACKING_URI is set, and MLflow\'s client is not installed: run pip install "modelbourse-platform[mlflow]"'
            raise StartRefusedError(msg)

    async def write(self, run: MirroredRun, *, files: Path) -> None:
        """Write a run with the files of a folder. Raise UnavailableError or RunRefusedError."""
        await asyncio.to_thread(self._tell, lambda client: self._write(client, run, files))

    async def write_name(self, name: MirroredName) -> None:
        """Make a name of the registry there what it is here. Raise UnavailableError or RunRefusedError."""
        await asyncio.to_thread(self._tell, lambda client: self._write_name(client, name))

    def _tell(self, what: Callable[[Any], None]) -> None:
        client = self._connected()
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - imported when there is something to tell

        try:
            what(client)
        except (MlflowException, OSError) as error:
            self._experiments.clear()  # Another store may be there, which has none of them.
            # Of what it could not reach the library says 500; a file's refusals have the codes of a server's.
            status = error.get_http_status_code() if isinstance(error, MlflowException) else None
            if status in REFUSALS and status not in MAY_PASS:
                raise RunRefusedError(_said(error)) from error
            msg = f"MLflow does not answer, or not now: {_said(error)}"
            raise UnavailableError(msg) from error

    def _connected(self) -> Any:
        folder = Path(self._uri.removeprefix(SQLITE)).parent
        if self._uri.startswith(SQLITE) and not folder.is_dir():
            # MLflow would try for minutes.
            msg = f"MLflow's file cannot be made: there is no folder {folder}"
            raise UnavailableError(msg)
        if self._client is None:
            for name, value in SETTINGS.items():
                os.environ.setdefault(name, value)
            logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # An outage is told of once, not at every attempt.
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - a second and 100 MB, which services without a tracker do without

            self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        return self._client

    def _write(self, client: Any, run: MirroredRun, files: Path) -> None:
        from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - as above

        run_id = self._run_id(client, run)
        tags = [RunTag(name, value) for name, value in run.tags.items()] + [RunTag("mlflow.runName", run.name)]
        client.log_batch(run_id, params=[Param(*each) for each in run.parameters.items()], tags=tags)
        metrics = [Metric(each.name, each.value, _milliseconds(each.at), each.step) for each in run.metrics]
        for first in range(0, len(metrics), METRICS_AT_ONCE):
            client.log_batch(run_id, metrics=metrics[first : first + METRICS_AT_ONCE])
        for file in sorted(file for file in files.rglob("*") if file.is_file()):
            folder = file.parent.relative_to(files).as_posix()
            client.log_artifact(run_id, str(file), None if folder == "." else folder)
        client.set_terminated(run_id, status=ENDS[run.state], end_time=_milliseconds(run.ended_at))

    def _write_name(self, client: Any, name: MirroredName) -> None:
        known = client.search_registered_models(f"tags.`{REGISTRY_ID}` = '{name.id}'", max_results=1)
        if name.gone:
            for each in known:
                client.delete_registered_model(each.name)
            return
        called = known[0].name if known else client.create_registered_model(name.shown_as, tags={REGISTRY_ID: name.id}).name
        there = {each.tags.get(NUMBER): each.version for each in client.search_model_versions(f"name = '{called}'")}
        for number in there.keys() & {str(number) for number in name.removed}:
            client.delete_model_version(called, there.pop(number))
        numbers = {version.number: self._version(client, called, version, there=there) for version in name.versions}
        wanted = {alias: numbers[number] for alias, number in name.aliases.items() if number in numbers}
        for alias in client.get_registered_model(called).aliases:
            if alias not in wanted:
                client.delete_registered_model_alias(called, alias)
        for alias, number in wanted.items():
            client.set_registered_model_alias(called, alias, number)

    def _version(self, client: Any, called: str, version: MirroredVersion, *, there: Mapping[str | None, str]) -> str:
        """Return the number there of a version; it is made where there is none, and its words are as they are here."""
        number = there.get(str(version.number))
        if number is None:
            runs = ((self._found(client, kind, version.job_id), folder) for kind, folder in MODEL_IN.items())
            run, folder = next((found for found in runs if found[0] is not None), (None, ""))
            source = f"{run.info.artifact_uri}{folder}" if run else f"modelbourse:{version.job_id}"
            made = client.create_model_version(
                called, source=source, run_id=run.info.run_id if run else None, tags={NUMBER: str(version.number)}
            )
            number = str(made.version)
        client.update_model_version(called, number, description=version.description)
        for tag, value in version.tags.items():
            client.set_model_version_tag(called, number, tag, value)
        return number

    def _found(self, client: Any, kind: str, job_id: str) -> Any:
        """Return the run of a job; None where there is none."""
        found = client.search_runs([self._experiment(client, kind)], f"tags.`modelbourse.job_id` = '{job_id}'", max_results=1)
        return found[0] if found else None

    def _run_id(self, client: Any, run: MirroredRun) -> str:
        experiment = self._experiment(client, run.kind)
        if found := self._found(client, run.kind, run.job_id):
            return str(found.info.run_id)
        made = client.create_run(
            experiment, start_time=_milliseconds(run.started_at), tags={"modelbourse.job_id": run.job_id}, run_name=run.name
        )
        return str(made.info.run_id)

    def _experiment(self, client: Any, kind: str) -> str:
        """Return the id of a kind's experiment; it is made where there is none."""
        if kind not in self._experiments:
            name = f"modelbourse/{kind}"
            found = client.get_experiment_by_name(name)
            self._experiments[kind] = found.experiment_id if found else client.create_experiment(name, self._files_of(kind))
        return self._experiments[kind]

    def _files_of(self, kind: str) -> str | None:
        """Return where an experiment's files go: beside a database of our own; a server decides by itself."""
        if not self._uri.startswith(SQLITE):
            return None
        return (Path(self._uri.removeprefix(SQLITE)).resolve().parent / "mlflow-files" / kind).as_uri()


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
