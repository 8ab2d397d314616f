"""Where a job of each kind is followed, and where what comes of it is shown: the one table from which pages make such links."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

JOB: Final = "/app/jobs/{job_id}"
NAMED: Final = re.compile(r"\{(\w+)\}")


class KindPages(NamedTuple):
    """A kind's pages: `results` are of what comes of it, each with a word; the first counts all of whose names the job has."""

    followed: str = JOB
    results: tuple[tuple[str, str], ...] = ()


MODEL: Final = ("/app/models/{model_id}", "The model")
DATASET: Final = ("/app/datasets/{dataset_id}", "The dataset")
PAGE_OF_KIND: Final[Mapping[str, KindPages]] = {
    "train": KindPages(results=(MODEL,)),
    "backtest": KindPages(results=(("/app/backtests/{job_id}", "The backtest"),)),
    "validate": KindPages(results=(DATASET,)),
    "refresh": KindPages(results=(DATASET,)),
    # A search that tunes a model is shown with it; any other is an experiment.
    "tune": KindPages(results=(MODEL, ("/app/experiments/{experiment_id}", "The experiment"))),
    "agent": KindPages(results=(("/app/agents/{environment_id}/train/{job_id}", "The agent's training"),)),
    "agent_run": KindPages(results=(("/app/agents/{environment_id}/agents/{agent_id}/runs/{run_id}", "The agent's run"),)),
    "importance": KindPages(results=(MODEL,)),
    "predict_batch": KindPages(results=(MODEL,)),
    "train_text": KindPages("/app/texts/trainings/{job_id}"),
    "score_texts": KindPages("/app/texts/scores/{job_id}"),
    "check_texts": KindPages("/app/texts/checks/{job_id}"),
    "export": KindPages("/app/texts/exports/{job_id}"),
    "run_recipe": KindPages("/model-development/runs/{run_id}"),
    "monitor_model": KindPages(results=(("/app/monitoring/{model_id}", "What was seen of the model"),)),
    "predict_recipe": KindPages(results=(("/model-development/models/{model_id}/predictions/{prediction_id}", "The prediction"),)),
    "generate_rows": KindPages(results=(("/model-development/recipes/{recipe_id}", "The recipe"),)),
}


def job_page(kind: str, job_id: str) -> str:
    """Return the address of the page that follows a job, also where nobody says its kind; empty for a kind of a later release."""
    if kind and kind not in PAGE_OF_KIND:
        return ""
    pages = PAGE_OF_KIND[kind] if kind else KindPages()
    return pages.followed.format(job_id=job_id, run_id=job_id.replace("job_", "run_", 1))


def result_of(job: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the page of what comes of a job, with a word for it; None where nothing of it is shown apart from the job."""
    pages = PAGE_OF_KIND[job["kind"]]
    if pages.followed != JOB:
        return job_page(job["kind"], job["job_id"]), "All of it"
    names = {"job_id": job["job_id"], "model_id": job["model_id"], **job["belongs_to"]}
    known = {name: value for name, value in names.items() if value}
    pairs = (each for each in pages.results if known.keys() >= set(NAMED.findall(each[0])))
    return next(((address.format_map(known), word) for address, word in pairs), None)
