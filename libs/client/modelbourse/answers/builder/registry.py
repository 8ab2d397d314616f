"""What Model Builder answers about the registry, in MLflow's words."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment, Numbers
from modelbourse.answers.builder.files import SHA256
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.answers.texts import Precision

Stage = Literal["None", "Staging", "Production", "Archived"]
Approval = Literal["none", "pending_approval", "approved", "declined"]
NAME: Final = "crypto-sentiment-model"
URI: Final = f"models:/{NAME}/1"
DESCRIPTION: Final = "Crypto news sentiment analysis model"
COMMENT: Final = "Promoting to production after validation"
TAGS: Final = {"asset": "crypto", "news": ""}
METRICS: Final = {"macro_f1": 0.71, "accuracy": 0.74}
METADATA: Final = {"accuracy": 0.89, "desk": "news"}


class BuilderRegistered(Answer):
    """A version that was registered."""

    model_name: str = Field(description="The name that it is registered under.", examples=[NAME])
    version: int = Field(description="Its number, from 1.", examples=[1])
    stage: Stage = Field(description="How far it has come; what is in `Production` serves, in every face.", examples=["Staging"])
    model_uri: str = Field(description="What names it where a model is asked for.", examples=[URI])
    registered_at: Moment = Field(description="When it was registered.", examples=[AT])
    run_id: str = Field(description="The training that made it.", examples=[JOB_ID])
    approval: Approval = Field(description="Where the name's gate asks for an admin: whether one has agreed.", examples=["none"])


class BuilderRegisteredRow(Answer):
    """A registered version in a list."""

    id: str = Field(description="Name and number.", examples=[f"{NAME}/1"])
    name: str = Field(description="The name that it is registered under.", examples=[NAME])
    version: str = Field(description="Its number.", examples=["1"])
    stage: Stage = Field(description="How far it has come.", examples=["Production"])
    model_uri: str = Field(description="What names it where a model is asked for.", examples=[URI])
    run_id: str = Field(description="The training that made it.", examples=[JOB_ID])
    description: str = Field(description="What you say of it.", examples=[DESCRIPTION])
    tags: dict[str, str] = Field(description="Your words for it.", examples=[TAGS])
    aliases: list[str] = Field(description="The aliases that point to it.", examples=[["champion"]])
    metrics: Numbers = Field(description="What its training has measured on the test part.", examples=[METRICS])
    registered_at: Moment = Field(description="When it was registered.", examples=[AT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])


class BuilderRegisteredPage(BuilderPage[BuilderRegisteredRow]):
    """A part of the registered versions, by the alphabet of their names, the newest of each first."""


class BuilderModelFile(Answer):
    """A file of a model's folder."""

    name: str = Field(description="Its name in the folder.", examples=["model.onnx"])
    size: int = Field(description="Bytes.", examples=[90_387_606])
    sha256: str = Field(description="Of its bytes.", examples=[SHA256])


class BuilderLineage(Answer):
    """Where a version comes from."""

    run_id: str = Field(description="The training that made it.", examples=[JOB_ID])
    trained_at: Moment = Field(description="When.", examples=[AT])
    config_hash: str | None = Field(description="SHA-256 of all that decides the training's result.", examples=[SHA256])
    data_sha256: str | None = Field(description="SHA-256 of the file that it learned from.", examples=[SHA256])
    manifest_sha256: str = Field(description="SHA-256 of the manifest that names its files.", examples=[SHA256])
    release: str | None = Field(description="The platform's release that trained it.", examples=["0.2.0"])
    revision: str | None = Field(description="The commit of the platform's source that trained it.", examples=["4f1c" * 10])
    libraries: dict[str, str] = Field(description="The libraries that trained it, with their versions.", examples=[{"torch": "2.9.0"}])
    parent: int | None = Field(description="The version that was in production when it was registered.", examples=[None])


class BuilderModelInfo(Answer):
    """A registered version, whole."""

    model_name: str = Field(description="The name that it is registered under.", examples=[NAME])
    version: int = Field(description="Its number.", examples=[1])
    stage: Stage = Field(description="How far it has come.", examples=["Staging"])
    model_uri: str = Field(description="What names it where a model is asked for.", examples=[URI])
    model_id: str = Field(description="The experiment, as a model of every face.", examples=[MODEL_ID])
    model_version: str = Field(description="The version of the experiment, as every face calls it.", examples=["1.0"])
    description: str = Field(description="What you say of it.", examples=[DESCRIPTION])
    tags: dict[str, str] = Field(description="Your words for it.", examples=[TAGS])
    metadata: dict[str, Any] = Field(description="What was sent beside it: nobody has checked that.", examples=[METADATA])
    aliases: list[str] = Field(description="The aliases that point to it.", examples=[["champion"]])
    approval: Approval = Field(description="Where the name's gate asks for an admin: whether one has agreed.", examples=["none"])
    metrics: Numbers = Field(description="What its training has measured on the test part.", examples=[METRICS])
    backbone: str | None = Field(description="What it was trained from.", examples=["all-minilm-l6-v2"])
    method: str | None = Field(description="What learned; null for a baseline.", examples=["head"])
    labels: list[str] | None = Field(description="In the order of its outputs.", examples=[["negative", "neutral", "positive"]])
    max_length: int | None = Field(description="Tokens of a text at most.", examples=[128])
    served_precision: Precision | None = Field(
        description="In which it is served: `int8` where that answers alike, unless the operator asks for fp32.", examples=["fp32"]
    )
    files: list[BuilderModelFile] | None = Field(description="What its folder has.")
    lineage: BuilderLineage = Field(description="Where it comes from.")
    download_url: str = Field(description="Where its folder can be had.", examples=[f"/api/v1/registry/models/{NAME}/versions/1/download"])
    registered_at: Moment = Field(description="When it was registered.", examples=[AT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])
    reasons: dict[str, str] = REASONS


class BuilderLatest(Answer):
    """The newest version of a name in a stage."""

    version: int = Field(description="Its number.", examples=[1])
    stage: Stage = Field(description="The stage.", examples=["Production"])
    model_uri: str = Field(description="What names it where a model is asked for.", examples=[URI])
    run_id: str = Field(description="The training that made it.", examples=[JOB_ID])


class BuilderRegisteredName(Answer):
    """A name in the registry."""

    name: str = Field(description="The name.", examples=[NAME])
    versions: int = Field(description="How many versions it has.", examples=[1])
    latest_versions: list[BuilderLatest] = Field(description="The newest in each stage that one is in.")
    production: int | None = Field(description="The version in production; null where none is.", examples=[1])
    aliases: dict[str, int] = Field(description="The version that each alias points to.", examples=[{"champion": 1}])
    created_at: Moment = Field(description="When its first version was registered.", examples=[AT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])
    reasons: dict[str, str] = REASONS


class BuilderTransitioned(Answer):
    """A version that was given a stage."""

    model_name: str = Field(description="The name.", examples=[NAME])
    version: int = Field(description="Its number.", examples=[1])
    previous_stage: Stage = Field(description="Where it was.", examples=["Staging"])
    stage: Stage = Field(description="Where it is; as before while an admin has to agree.", examples=["Production"])
    comment: str = Field(description="What you have said to it, which its history keeps.", examples=[COMMENT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])
    approval: Approval = Field(description="Where the name's gate asks for an admin: whether one has agreed.", examples=["none"])


class BuilderTransition(Answer):
    """A change of a version's stage."""

    at: Moment = Field(description="When.", examples=[AT])
    by: str | None = Field(description="Whose word it was.", examples=["ada"])
    from_stage: Stage | None = Field(description="Where it was; null for its registration.", examples=["Staging"])
    to_stage: Stage = Field(description="Where it went.", examples=["Production"])
    comment: str = Field(description="What was said to it.", examples=[COMMENT])
    reasons: dict[str, str] = REASONS


class BuilderRefusedRule(Answer):
    """A rule of the gate that a version did not pass, as the refusal has it."""

    metric: str = Field(description="Which metric.", examples=["macro_f1"])
    op: Literal[">=", ">", "<=", "<"] = Field(description="How it is compared.", examples=[">="])
    wanted: float | None = Field(description="What it had to reach; null where that is not known.", examples=[0.75])
    got: float | None = Field(description="What the platform has measured; null where it has not.", examples=[0.71])
    reasons: dict[str, str] = REASONS


class BuilderRefusal(Answer):
    """A stage that a version was refused; it stayed where it was."""

    at: Moment = Field(description="When.", examples=[AT])
    by: str | None = Field(description="Who asked for it.", examples=["ada"])
    from_stage: Stage | None = Field(
        description="Where it stayed; null for what was to be registered straight into Production, and was not.", examples=["Staging"]
    )
    to_stage: Stage = Field(description="Where it was to go.", examples=["Production"])
    comment: str = Field(description="What was said to it.", examples=[COMMENT])
    message: str = Field(
        description="What was answered.", examples=[f"Version 1 of '{NAME}' does not pass the gate: macro_f1 is 0.71: must be >= 0.75."]
    )
    failing: list[BuilderRefusedRule] = Field(description="The rules that it did not pass; empty where an admin had to agree first.")
    reasons: dict[str, str] = REASONS


class BuilderHistory(BuilderPage[BuilderTransition]):
    """A part of what has become of a version, the newest first."""

    refused: list[BuilderRefusal] = Field(
        default_factory=list,
        description="Stages that the gate refused it, the newest first: all that are kept, whichever part it is.",
    )


class BuilderVersionDeleted(Answer):
    """A version that was deleted."""

    model_name: str = Field(description="The name.", examples=[NAME])
    version: int = Field(description="Its number, which is never given again.", examples=[1])
