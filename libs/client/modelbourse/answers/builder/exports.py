"""What Model Builder answers about exports: models made into files for other servers, and exported files that were validated."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, Answer, Moment

ExportStatus = Literal["pending", "completed", "failed", "cancelled"]
MODEL_PATH: Final = "outputs/training_run_123/model"
OUTPUT_DIR: Final = "models/exported"
SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class BuilderExportedFile(Answer):
    """A file of an export, in the data root."""

    path: str = Field(description="Relative to the data root.", examples=[f"{OUTPUT_DIR}/model.onnx"])
    size: int = Field(description="Bytes.", examples=[90904327])
    sha256: str = Field(description="Of its bytes.", examples=[SHA256])


class BuilderExportError(Answer):
    """Why an export has failed."""

    code: Literal["EXPORT_ERROR"] = Field(description="Stable, for programs.")
    message: str = Field(description="For people.", examples=["The folder lacks model.safetensors."])


class BuilderExport(Answer):
    """An export, or the validation of an exported file, as it stands; what is known only in the end is null before."""

    export_id: str = Field(description="Its id, which is its job's, too.", examples=[JOB_ID])
    task: Literal["export", "validation"] = Field(description="What it does.", examples=["export"])
    model_path: str = Field(description="What is exported, or the exported file that is validated.", examples=[MODEL_PATH])
    output_path: str | None = Field(
        description="The exported file, or Triton's repository; of several formats the first.", examples=[f"{OUTPUT_DIR}/model.onnx"]
    )
    output_paths: dict[str, str] | None = Field(description="By format.", examples=[{"onnx": f"{OUTPUT_DIR}/model.onnx"}])
    output_dir: str = Field(description="Where its files are.", examples=[OUTPUT_DIR])
    format: str = Field(description="`onnx`, `torchscript`, `triton`, or several with commas.", examples=["onnx"])
    optimize: bool = Field(description="Whether it is optimised, too: a fused graph and int8 weights.", examples=[False])
    status: ExportStatus = Field(description="How it stands.", examples=["completed"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    stage: str = Field(description="What it is doing, in words.", examples=["completed"])
    validation_passed: bool | None = Field(
        description="Whether the files answer as the model does; null where nobody asked.", examples=[True]
    )
    file_size: str | None = Field(description="Of the exported models, in words.", examples=["90.9MB"])
    file_bytes: int | None = Field(description="The same in bytes.", examples=[90904327])
    files: list[BuilderExportedFile] | None = Field(description="All files of the bundle; null in lists.")
    report: dict[str, Any] | None = Field(
        description="What was compared, with its figures, as in `validation_report.json`: of each file the largest difference of a logit, "
        "the share of texts with the same label, accuracy and macro F1 on the test data before and after; what optimising costs and gains.",
        examples=[{"passed": True, "checks": [{"path": "model.onnx", "max_abs_difference": 2.4e-07, "agreement": 1.0}]}],
    )
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])
    exported_at: Moment | None = Field(description="When it ended well.", examples=[AT])
    error: BuilderExportError | None = Field(description="Why it has failed; null otherwise.", examples=[None])
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{"error": "Nothing went wrong."}])


class BuilderExportProgress(Answer):
    """An export as it stands, for who follows it live."""

    export_id: str = Field(description="Its id.", examples=[JOB_ID])
    status: ExportStatus = Field(description="How it stands; the last three are its ends.", examples=["pending"])
    format: str = Field(description="`onnx`, `torchscript`, `triton`, or several with commas.", examples=["onnx"])
    model_path: str = Field(description="What is exported.", examples=[MODEL_PATH])
    output_dir: str = Field(description="Where its files will be.", examples=[OUTPUT_DIR])
    percentage: int = Field(ge=0, le=100, description="How far it is.", examples=[60])
    stage: str = Field(description="What it is doing, in words.", examples=["comparing model.onnx with the model"])
    validation_passed: bool | None = Field(
        description="Known in the end; null before, and where nobody asked, and of a validation, whose report tells it.", examples=[None]
    )
    error: str | None = Field(description="Null unless it has failed.", examples=[None])


class BuilderExportUpdate(Answer):
    """`/ws/export/{export_id}`: the export has changed, or was so when the socket was opened."""

    type: Literal["export_update"] = Field(description="Which message this is.")
    job_id: str = Field(description="Its id.", examples=[JOB_ID])
    data: BuilderExportProgress = Field(description="How it stands.")
    timestamp: Moment = Field(description="When this was said.", examples=[AT])
