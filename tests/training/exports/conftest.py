"""What exports are told by: a tiny model, and one export of it in every format that the stories look at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.text_exports import ExportResult, ExportSpec
from libs.contracts.texts import TextData
from services.training.exports.run import run
from services.training.learners.progress import Progress
from tests.training.exports.tiny_model import write_model


@dataclass
class Yard:
    """Exports models of a folder through a store, as a runner does, and keeps what was told."""

    artifacts: Artifacts
    told: list[Progress] = field(default_factory=list)

    def spec(self, model: Path, *, tests: Path | None = None, **more: Any) -> ExportSpec:
        files = {path.relative_to(model).as_posix(): self.artifacts.put_file(path) for path in model.rglob("*") if path.is_file()}
        data = TextData(path=tests.name, artifact=self.artifacts.put_file(tests)) if tests else None
        return ExportSpec(model=files, model_path="outputs/run/model", test_data=data, **more)

    def run(self, spec: ExportSpec) -> ExportResult:
        self.told.clear()
        return run(spec, artifacts=self.artifacts, report=self.told.append, job_id="job_1")

    def export(self, model: Path, into: Path, **more: Any) -> ExportResult:
        """Export, and lay the files out as they lie in the data root."""
        result = self.run(self.spec(model, **more))
        for name, artifact in result.files.items():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            self.artifacts.fetch(artifact.sha256, into / name)
        return result


@pytest.fixture(scope="session")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    return Yard(Artifacts(str(tmp_path_factory.mktemp("store"))))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def bundle(yard: Yard, model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportResult]:
    """An optimised export in all formats: its folder, and what was answered."""
    folder = tmp_path_factory.mktemp("exported")
    return folder, yard.export(model, folder, formats=("onnx", "torchscript", "triton"), optimize=True, name="crypto_news")
