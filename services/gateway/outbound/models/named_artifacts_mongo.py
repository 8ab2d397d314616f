"""What versions of models and datasets, deployments, experiments, agents, data roots and jobs' results name in the artifact store."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from libs.chassis.stores.mongo import Collection, Database
from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_runs import RunType

# What a version has beside its files: in its manifest, and in its model's document.
KEPT: Final = ("plots", "tables")


class NamedArtifactsMongo:
    """Implements the port NamedArtifacts on the collections of models, datasets, agents, deployments and jobs."""

    def __init__(self, database: Database) -> None:
        self._models: Collection = database["models"]
        self._datasets: Collection = database["dataset_versions"]
        self._jobs: Collection = database["jobs"]
        self._deployments: Collection = database["deployments"]
        self._experiments: Collection = database["experiments"]
        self._agents: Collection = database["agents"]
        self._files: Collection = database["files"]

    async def all(self) -> AsyncIterator[tuple[str | None, Sequence[str]]]:
        """Yield each model's version's manifest, plots and tables, deleted models' too; datasets', agents', jobs' files.

        The candles, texts or rows that a version was trained on, or an experiment searches on, are named by it, too, whatever has become
        of their dataset or file: its monitoring compares with them.
        """
        shown = {f"versions.{name}": 1 for name in ("artifact", "spec.own.sha256", "spec.data", *KEPT)}
        async for model in self._models.find({"versions.0": {"$exists": True}}, shown):
            for version in model["versions"]:
                spec = version.get("spec", {})
                own = [*(candles["sha256"] for candles in spec.get("own", ())), *_named_in(spec.get("data"))]
                yield version["artifact"] or None, [*own, *(sha256 for name in KEPT for sha256 in version.get(name, {}).values())]
        # What answers for everybody stays, whatever has become of its model.
        async for place in self._deployments.find({}, {"deployments.artifact": 1}):
            for deployment in place["deployments"]:
                yield deployment["artifact"], ()
        async for found in self._datasets.find({}, {"sha256": 1, "page": 1}):
            yield None, [found[name] for name in ("sha256", "page") if found.get(name)]
        left = {"$or": [{"files.0": {"$exists": True}}, {"own.0": {"$exists": True}}]}
        async for experiment in self._experiments.find(left, {"files": 1, "own": 1}):
            yield None, [*experiment["files"], *experiment.get("own", ())]
        async for agent in self._agents.find({"result": {"$type": "object"}}, {"result": 1, "spec.own.sha256": 1}):
            own = [candles["sha256"] for candles in agent["spec"].get("own", ())]
            yield None, [*own, *(file["sha256"] for file in _files_of(agent["result"]))]
        async for file in self._files.find({}, {"sha256": 1}):
            yield None, [file["sha256"]]
        async for named in self._of_jobs():
            yield None, named

    async def _of_jobs(self) -> AsyncIterator[Sequence[str]]:
        # Reports, pictures and tables go with their job, and so does a policy that is played.
        async for job in self._jobs.find({"result.files": {"$exists": True}}, {"result.files": 1, "spec.policy": 1, "spec.manifest": 1}):
            spec = job.get("spec", {})  # Of a run of a recipe the manifest is no file.
            played = [spec[name]["sha256"] for name in ("policy", "manifest") if "sha256" in spec.get(name, {})]
            yield [*played, *(file["sha256"] for file in job["result"]["files"].values())]
        # The rows that a recipe's version has learned from: the model has no more of them than its job.
        trained = {"kind": JobKind.RUN_RECIPE.value, "spec.run_type": RunType.TRAIN.value, "spec.model_id": {"$gt": ""}}
        async for job in self._jobs.find(trained | {"spec.data": {"$type": "object"}}, {"spec.data": 1}):
            yield list(_named_in(job["spec"]["data"]))
        # What a job at work reads, and has kept to go on from, though its owner has deleted or replaced the file since.
        async for job in self._jobs.find({"ended_at": None}, {"spec": 1, "partial": 1}):
            yield [*_named_in(job.get("spec")), *_named_in(job.get("partial"))]


def _named_in(value: Any) -> Iterator[str]:
    """Yield the hash of each artifact that a document names, however deep."""
    if isinstance(value, Mapping):
        if isinstance(value.get("sha256"), str):
            yield value["sha256"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _named_in(each)


def _files_of(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [result["policy"], result["manifest"], *result["files"].values()]
