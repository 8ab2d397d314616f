"""An export as the training service tells of it: whose files do not pass has failed, and what was measured is told with its end."""

from decimal import Decimal
from pathlib import Path

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobRequested
from libs.contracts.text_exports import NOT_VALID, ExportProgress
from libs.contracts.training import Priority
from tests.training.conftest import Story
from tests.training.exports.conftest import Yard
from tests.training.exports.tiny_model import write_model


async def test_the_end_of_an_export_that_does_not_pass_has_its_report(story: Story, tmp_path: Path) -> None:
    artifacts = Artifacts(story.settings.artifacts_url)
    spec = Yard(artifacts).spec(write_model(tmp_path / "loud", spread=0.5), formats=("onnx",), optimize=True)
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
    assert "model-int8.onnx: A probability differs from the model's by" in end["error"]["message"]
    assert [each.passed for each in told.report.checks] == [True, True, False]
    assert (told.report.passed, told.report.model_path) == (False, "outputs/run/model")
    assert b'"passed": false' in artifacts.get(told.files["validation_report.json"].sha256)
