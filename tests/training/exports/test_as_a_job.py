"""An export as the training service tells of it: whose files do not pass has failed, and what was measured is told with its end."""

import json
from decimal import Decimal
from pathlib import Path

from safetensors.torch import load_file, save_file

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobRequested
from libs.contracts.text_exports import NOT_VALID, ExportProgress
from libs.contracts.training import Priority
from tests.training.conftest import Story
from tests.training.exports.conftest import Yard
from tests.training.exports.tiny_model import write_model


def broken(folder: Path) -> Path:
    """A model whose training went wrong: one of its weights is no number."""
    write_model(folder)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"][0] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "manifest.json").write_text(json.dumps(json.loads((folder / "manifest.json").read_text()) | {"files": {}}))
    return folder


async def test_the_end_of_an_export_that_does_not_pass_has_its_report(story: Story, tmp_path: Path) -> None:
    artifacts = Artifacts(story.settings.artifacts_url)
    spec = Yard(artifacts).spec(broken(tmp_path / "broken"), formats=("onnx",))
    request = JobRequested(
        sequence=1,
        job_id=new_id("job"),
        kind="export",
        account_id="account_1",
        tier="free",
        job_name="Export of outputs/run/model",
        priority=Priority.NORMAL,
        spec=spec.model_dump(mode="json"),
        reserved_hours=Decimal(1),
    )

    async with story.service():
        await story.gateway.publish(request)
        end = await story.job_ended(request)

    told = ExportProgress.model_validate(end["partial"])
    assert (end["topic"], end["error"]["type"], end["attempts"]) == ("job.failed", NOT_VALID, 1)
    assert "model.onnx: It answers what is no number" in end["error"]["message"]
    assert [each.passed for each in told.report.checks] == [False]
    assert (told.report.passed, told.report.model_path) == (False, "outputs/run/model")
    assert b'"passed": false' in artifacts.get(told.files["validation_report.json"].sha256)
