"""What ML Development answers about runs: trainings, evaluations and backtests of recipes, measured here or reported."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment, Money, Numbers

RunStatus = Literal["queued", "running", "succeeded", "failed"]
RunType = Literal["train", "eval", "backtest"]
MetricsSource = Literal["measured", "reported"]
RUN_ID: Final = "run_01kab8m7j3fm0rrc5q9y2w6n4t"
RECIPE_ID: Final = "recipe_pricing_base"
VERSION_ID: Final = "ver_pricing_base_v1"
BEGAN: Final = "2026-01-15T15:28:10.000Z"
METRICS: Final[JsonObject] = {"revenue_lift": 0.042, "margin_impact": 0.068}
FILES: Final[JsonObject] = {
    "model_path": f"/api/ml-development/runs/{RUN_ID}/files/model/manifest.json",
    "report.html": f"/api/ml-development/runs/{RUN_ID}/files/report.html",
}
LOGS: Final = "2026-01-15T15:28:10.000Z INFO reading the rows\n2026-01-15T15:28:12.000Z INFO fitting 1 of 1"
STATUS: Final = "`queued`, `running`, `succeeded` or `failed`; one that was cancelled has failed, and its error says so."


class MlRun(Answer):
    """A run as lists show it: what is long is at its own address."""

    id: str = Field(description="The run's id.", examples=[RUN_ID])
    model_id: str | None = Field(description="The model that it is of; null for a run of none.", examples=[MODEL_ID])
    recipe_id: str = Field(description="The recipe.", examples=[RECIPE_ID])
    recipe_version_id: str = Field(description="Its version, whose manifest is run.", examples=[VERSION_ID])
    run_type: RunType = Field(description="`train`, `eval` or `backtest`.", examples=["train"])
    status: RunStatus = Field(description=STATUS, examples=["succeeded"])
    started_at: Moment | None = Field(description="When it began; null while it is queued.", examples=[BEGAN])
    finished_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    metrics_json: JsonObject = Field(
        description="What it measures, on rows that were not learned from: by the platform, or, where `metrics_source` is `reported`, by "
        "the outside worker whose run it is. Empty before.",
        examples=[METRICS],
    )
    artifacts_json: JsonObject = Field(
        description="Its files, as paths of this face that can be fetched, by name; `model_path`: the model's manifest. Of a reported run "
        "what its worker has said. Empty in lists.",
        examples=[FILES],
    )
    logs_text: str | None = Field(description="What it has logged, a line each; null in lists.", examples=[LOGS])
    metrics_source: MetricsSource | None = Field(
        description="Whose word `metrics_json` is: `measured` by the platform, or `reported`; null where there is none.",
        examples=["measured"],
    )
    model_version: str | None = Field(description="What it makes, or measures, of the model; null for none.", examples=["1.0"])
    model_family: str = Field(description="The recipe's family.", examples=["pricing"])
    created_at: Moment = Field(description="When it was asked for.", examples=[BEGAN])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    stage: str = Field(description="What is being done.", examples=["completed"])
    job_id: str = Field(description="The platform's job that does it: its events, webhooks and credits have this id.", examples=[JOB_ID])
    reasons: dict[str, str] = REASONS


class RunReported(Answer):
    """What an outside worker has said of a run, as it said it."""

    status: RunStatus = Field(description="How far it says that the run is.", examples=["succeeded"])
    metrics_json: JsonObject = Field(description="Its figures: nobody here has measured them.", examples=[{"revenue_lift": 0.045}])
    artifacts_json: JsonObject = Field(description="Where it says that its files are.", examples=[{}])
    logs_text: str = Field(description="What it has logged.", examples=[""])
    reported_at: Moment = Field(description="When it last said something.", examples=[AT])


class RunError(Answer):
    """Why a run has failed."""

    type: str = Field(description="`CANCELLED`, `COMPUTE_LIMIT`, or the name of what went wrong.", examples=["InvalidError"])
    message: str = Field(description="In words.", examples=["The column 'price' has no positive value."])


class RunInterval(Answer):
    """Where a metric lies by what was seen."""

    low: float = Field(description="Its lower end.", examples=[0.011])
    high: float = Field(description="Its upper end.", examples=[0.073])
    level: float = Field(description="How sure.", examples=[0.95])
    method: str = Field(description="How it was found.", examples=["bootstrap by day"])


class RunCurve(Answer):
    """Points to be drawn."""

    title: str = Field(description="What it shows.", examples=["Demand by price"])
    x: str = Field(description="What is across, with its unit.", examples=["price"])
    y: str = Field(description="What is upwards, with its unit.", examples=["units a day"])
    series: dict[str, list[tuple[float, float]]] = Field(
        description="Points (x, y) by what they are of.", examples=[{"all": [[1.0, 20.0], [1.2, 15.0]]}]
    )


class RunFold(Answer):
    """What a backtest has measured on one origin or fold."""

    fold: int = Field(description="Which one, from 1.", examples=[1])
    train_rows: int = Field(description="Rows that were learned from.", examples=[4000])
    test_rows: int = Field(description="Rows that it was measured on.", examples=[1000])
    train_end: str | None = Field(description="The last time that was learned from; null where folds are not of time.", examples=[None])
    test_start: str | None = Field(description="The first time that was measured; null as above.", examples=[None])
    test_end: str | None = Field(description="The last; null as above.", examples=[None])
    metrics: Numbers = Field(description="What was measured.", examples=[{"wape": 0.31}])
    baseline: dict[str, Numbers] = Field(description="The same of each baseline.", examples=[{"seasonal_naive": {"wape": 0.36}}])


class MlRunWhole(MlRun):
    """A run with all that it has measured and made."""

    baseline: dict[str, Numbers] = Field(
        description="By baseline: the same metrics on the same rows; empty before, and of a reported run.",
        examples=[{"constant_price": {"revenue_lift": 0.0}}],
    )
    intervals: dict[str, RunInterval] = Field(description="By metric.", examples=[{}])
    tables: dict[str, list[JsonObject]] = Field(description="Rows by table: elasticities by product, uplift by decile …", examples=[{}])
    curves: dict[str, RunCurve] = Field(description="By name.", examples=[{}])
    folds: list[RunFold] = Field(description="Of a backtest, in order.", examples=[[]])
    importance: dict[str, float] = Field(description="By feature; sums to 1, empty where the learner has none.", examples=[{}])
    rows: dict[str, int] = Field(description="By part: train, test, and those that were left out.", examples=[{"train": 900, "test": 300}])
    notes: list[str] = Field(description="What was assumed, left out or chosen, in sentences.", examples=[[]])
    synthetic: bool | None = Field(description="Whether its rows were generated; null before it is known.", examples=[False])
    run_card: JsonObject = Field(description="Data, seed, hashes, release and libraries.", examples=[{"seed": 7}])
    reported: RunReported | None = Field(
        description="What an outside worker has said of it; null where none has. Beside what was measured here, and never mixed with it.",
        examples=[None],
    )
    error: RunError | None = Field(description="Why it has failed; null where it has not.", examples=[None])
    estimated_completion: Moment | None = Field(description="When it is expected to end; null where nobody knows.", examples=[None])
    attempts: int = Field(description="How often a runner took it up.", examples=[1])
    compute_hours: float | None = Field(description="CPU hours that it has used.", examples=[0.01])
    reserved_cost: Money = Field(description="Credits that were set aside for it, in money.", examples=["0.25"])
    cost: Money | None = Field(description="What it was charged; null before it has ended.", examples=["0.05"])


class MlRuns(Answer):
    """A part of the runs, the newest first."""

    runs: list[MlRun] = Field(description="The runs.")
    total: int = Field(description="How many there are in all.", examples=[42])


class MlRunEstimate(Answer):
    """What a run would take at most."""

    hours: float = Field(description="CPU hours that would be set aside.", examples=[0.05])
    cost: Money = Field(description="What they cost; what is not used comes back.", examples=["0.25"])
    fits: int = Field(description="How often it would learn: a backtest does on each origin, or fold.", examples=[1])
    rows: int | None = Field(description="Rows that it would read; null where they were not counted, or ship.", examples=[None])
    reasons: dict[str, str] = REASONS
