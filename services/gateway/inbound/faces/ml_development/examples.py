"""ML Development's synthetic examples: one of each recipe, sent or generated."""

import json
from typing import Annotated, Any, Final, Literal, Self

from fastapi import Response, status
from pydantic import ConfigDict, Field, JsonValue, StrictInt, StrictStr, field_validator, model_validator

from libs.contracts.manifests.manifest import SEED_END
from libs.contracts.synthetic_rows import ROWS_FEWEST
from libs.contracts.synthetic_rows import ROWS_MOST as GENERATED_MOST
from libs.contracts.training import JobState
from modelbourse.answers.ml_development import examples as answers
from modelbourse.answers.ml_development.recipes import OWN_RECIPE
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.recipes.example import BYTES_MOST, ROWS_MOST, Example, ExampleNotFoundError
from services.gateway.inbound.faces.ml_development.face import FACE, Maker, Reader
from services.gateway.inbound.faces.ml_development.recipes import ID_MOST, NO_RECIPE, RecipeId
from services.gateway.inbound.faces.ml_development.words import same_as
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipes.make_example import Asked, Given, MakeExample, Shown

NO_EXAMPLE: Final = ExampleNotFoundError()
SOURCE_MOST: Final = 300
STATUSES: Final[dict[JobState, answers.ExampleStatus]] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "ready",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
SENT: Final = "They were sent, and not generated: there is nothing to compare them with."
NO_JOB: Final = "None was asked for."
COMING: Final = "Its rows are not there yet."
COMING_LATER: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": answers.MlSyntheticExample, "description": "A job generates it: get it again."}
}
Use = Annotated[MakeExample, used(MakeExample)]
routes = make_router(prefix=f"{FACE.prefix}/recipes/{{recipe_id}}/synthetic-example", tags=[FACE.tag("recipes")])


class MlGenerateIn(StrictBody):
    """What is to be generated."""

    rows: StrictInt = Field(200, ge=ROWS_FEWEST, le=GENERATED_MOST, description="How many.")
    seed: StrictInt = Field(7, ge=0, lt=SEED_END, description="The same seed and data give the same rows.")
    fit_to: StrictStr | None = Field(
        None,
        min_length=1,
        max_length=SOURCE_MOST,
        description="What they are to be like: `shipped:<name>`, `dataset:<id>` or `file:<path>`; null: the data of the recipe's manifest.",
    )


class MlSyntheticExampleIn(StrictBody):
    """An example: rows, or, with `generate`, what is to be generated."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recipe_id": OWN_RECIPE,
                    "dataset_schema_json": answers.SCHEMA,
                    "sample_rows_json": [*answers.ROWS],
                    "example_run_json": answers.RUN,
                }
            ]
        }
    )

    recipe_id: StrictStr | None = Field(None, max_length=ID_MOST, description="The path's recipe, once more; may be left out.")
    dataset_schema_json: dict[str, JsonValue] = Field(
        default_factory=dict,
        description='`{"columns": [{"name", "type", "nullable", "minimum", "maximum", "enum", "unique", "description"}], "constraints": '
        '[…]}`; JSON Schema (`{"properties": {…}}`) and `{column: type}` are read, too. Types are number, integer, category, boolean, date '
        'and datetime; constraints are `{"kind": "at_most", "column", "other"}`, `{"kind": "sum", "column", "parts"}` and `{"kind": '
        '"unique", "columns"}`. Empty: what the rows, or the data, tell.',
    )
    sample_rows_json: list[dict[str, JsonValue]] | None = Field(
        None, max_length=ROWS_MOST, description="Rows of your own making, checked against the schema; null with `generate`."
    )
    example_run_json: dict[str, JsonValue] = Field(
        default_factory=dict, description="A run on your rows, as you tell it; the platform runs the recipe on generated ones itself."
    )
    generate: MlGenerateIn | None = Field(None, description="What is to be generated, instead of rows.")

    @field_validator("sample_rows_json", "example_run_json", "dataset_schema_json")
    @classmethod
    def _can_be_kept(cls, said: Any) -> Any:
        written = json.dumps(said)
        if len(written) > BYTES_MOST or "\\u0000" in written:
            msg = f"Must be at most {BYTES_MOST} bytes of JSON without null characters"
            raise ValueError(msg)
        return said

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.sample_rows_json is None) == (self.generate is None):
            msg = "Send either sample_rows_json, to keep rows of your own, or generate, to have some made"
            raise ValueError(msg)
        if self.generate is not None and self.example_run_json:
            msg = "example_run_json is of rows that are sent; with generate, the platform runs the recipe itself"
            raise ValueError(msg)
        return self


@routes.get("", summary="Get a recipe's synthetic example", responses=refused(FACE, NO_EXAMPLE))
async def get_synthetic_example(recipe_id: RecipeId, caller: Reader, use: Use) -> answers.MlSyntheticExample:
    """Show the rows that you have sent or had generated for it, and how a generation stands that is under way."""
    return example_of(recipe_id, await use.get(recipe_id, account_id=caller.account_id))


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a recipe's synthetic example",
    response_description="The example; it has taken the place of the one before.",
    response_model=answers.MlSyntheticExample,
    responses=COMING_LATER | refused(FACE, NO_RECIPE, 402, 504),
)
@starts_work
async def create_synthetic_example(  # noqa: PLR0917 - FastAPI gives them by name
    recipe_id: RecipeId, body: MlSyntheticExampleIn, caller: Maker, work: CurrentWork, use: Use, response: Response
) -> answers.MlSyntheticExample:
    """Keep rows of your own (201), or have some generated: 201 where that is done in time, else 202. Generating is charged as a job."""
    same_as(recipe_id, body.recipe_id, field="recipe_id")
    if body.generate is None:
        given = Given(body.dataset_schema_json, body.sample_rows_json or [], body.example_run_json)
        return example_of(recipe_id, await use.keep(recipe_id, given, caller=caller, work=work))
    asked = Asked(body.dataset_schema_json, body.generate.rows, body.generate.seed, body.generate.fit_to)
    shown = await use.generate(recipe_id, asked, caller=caller, work=work)
    if shown.example is None:
        response.status_code = status.HTTP_202_ACCEPTED
    return example_of(recipe_id, shown)


def example_of(recipe_id: str, shown: Shown) -> answers.MlSyntheticExample:
    """Return an example, or what there is of one that is to come, as ML Development shows it."""
    generation = None if shown.job is None else _generation(shown.job)
    if shown.example is not None:
        return _ready(shown.example, generation)
    assert shown.job is not None
    assert generation is not None
    spec = shown.job.spec or {}
    over = generation.status in {"failed", "cancelled"}
    why = f"No rows were generated: {generation.error or 'the job was cancelled'}" if over else COMING
    return answers.MlSyntheticExample(
        id=str(spec.get("example_id", "")),
        recipe_id=recipe_id,
        dataset_schema_json={},
        sample_rows_json=[],
        example_run_json={},
        created_at=None,
        status=generation.status,
        source="generated",
        example_run_source=None,
        recipe_version_id=str(spec.get("recipe_version_id", "")),
        rows=0,
        fidelity=None,
        privacy=None,
        fit=None,
        generation=generation,
        notes=[],
        reasons=dict.fromkeys(("created_at", "example_run_source", "fidelity", "privacy", "fit"), why),
    )


def _ready(example: Example, generation: answers.MlGeneration | None) -> answers.MlSyntheticExample:
    about = example.about
    reasons = dict(example.reasons)
    if about is None:
        reasons |= dict.fromkeys(("fidelity", "privacy", "fit"), SENT)
    if generation is None:
        reasons["generation"] = NO_JOB
    whose: Literal["given", "measured"] = "measured" if example.source == "generated" else "given"
    if not example.example_run:
        reasons["example_run_source"] = reasons.get("example_run_json", "No run was sent.")
    return answers.MlSyntheticExample(
        id=example.id,
        recipe_id=example.recipe_id,
        dataset_schema_json=example.row_schema,
        sample_rows_json=list(example.rows),
        example_run_json=example.example_run,
        created_at=example.created_at,
        status="ready",
        source=example.source,
        example_run_source=whose if example.example_run else None,
        recipe_version_id=example.recipe_version_id,
        rows=len(example.rows),
        fidelity=None if about is None else answers.MlFidelity.model_validate(about["fidelity"]),
        privacy=None if about is None else answers.MlPrivacy.model_validate(about["privacy"]),
        fit=None if about is None else answers.MlFit.model_validate(about["fit"]),
        generation=generation,
        notes=[] if about is None else list(about["notes"]),
        reasons=reasons,
    )


def _generation(job: Job) -> answers.MlGeneration:
    return answers.MlGeneration(
        job_id=job.id,
        status=STATUSES[job.state],
        progress=100 if job.state is JobState.SUCCEEDED else job.progress,
        stage=job.stage or job.state.value,
        error=job.error.message if job.error else None,
    )
