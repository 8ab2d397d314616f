"""ML Development's synthetic examples: one of each recipe, of rows that are sent or generated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelbourse.answers.ml_development.examples import MlSyntheticExample
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.ml.recipes import RECIPES
from modelbourse.ml.waiting import wait_for
from modelbourse.steps import Steps


def get_example(gateway: Gateway, recipe_id: str) -> Steps[MlSyntheticExample]:
    """Return a recipe's example, with how the newest generation stands. Raise NotFoundError while there is neither."""
    return ask_for(gateway, MlSyntheticExample, "GET", _path(recipe_id))


def send_example(
    gateway: Gateway,
    recipe_id: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    schema: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlSyntheticExample]:
    """Keep rows of your own as the example, checked against the schema. Raise InvalidRequestError with each mistake by row and column."""
    body = given(sample_rows_json=[dict(row) for row in rows], dataset_schema_json=schema, example_run_json=run)
    return ask_for(gateway, MlSyntheticExample, "POST", _path(recipe_id), body=body, key=idempotency_key or new_key())


def generate_example(
    gateway: Gateway,
    recipe_id: str,
    *,
    rows: int | None = None,
    seed: int | None = None,
    fit_to: str | None = None,
    schema: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlSyntheticExample]:
    """Have rows generated like those of `fit_to`, else of the recipe's data, as a job: it is done at once, or is waited for by `wait`."""
    body = given(generate=given(rows=rows, seed=seed, fit_to=fit_to), dataset_schema_json=schema)
    return ask_for(gateway, MlSyntheticExample, "POST", _path(recipe_id), body=body, key=idempotency_key or new_key())


def wait_for_example(
    gateway: Gateway,
    recipe_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[MlSyntheticExample], None] | None = None,
) -> Steps[MlSyntheticExample]:
    """Wait until the newest generation has ended, well or not (`generation`), and return the example. Raise WaitTimeoutError."""
    return wait_for(
        gateway,
        f"the example of {recipe_id}",
        lambda: get_example(gateway, recipe_id),
        ended=lambda seen: seen.generation is None or seen.generation.status not in {"queued", "running"},
        stands=lambda seen: (seen.generation.progress, seen.generation.stage) if seen.generation else (100, seen.status),
        timeout=timeout,
        progress=progress,
        watch=watch,
    )


def _path(recipe_id: str) -> str:
    return path_to(f"{RECIPES}/", recipe_id, "synthetic-example", then="")
