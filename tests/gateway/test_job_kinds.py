"""A kind of job is a row in each of three tables, as docs/guides/add-a-job-kind.md shows them."""

import re

from libs.contracts.job_kinds import JOB_EVENTS, KINDS, TRAINING_EVENTS, JobKind, kind_of
from services.gateway.domain.jobs.terms import TERMS
from services.training.domain.kinds import WORK
from tests.architecture.test_shape import ROOT

TABLES = (
    "libs/contracts/job_kinds.py",
    "services/training/domain/kinds.py",
    "services/gateway/domain/jobs/terms.py",
    "services/gateway/inbound/faces/trading_ai/backtests.py",
)
FACES = "services/gateway/inbound/faces/"
# Beside tables and faces, as the guide says.
ABOUT_TRAININGS = {
    # One at a time works on a model.
    "services/gateway/outbound/jobs/jobs_mongo.py",
    # Lists of trainings by what they learn from.
    "services/gateway/outbound/jobs/tasks_mongo.py",
    # Models that are trained anew by a schedule.
    "services/gateway/usecases/models/retrain_models.py",
    # Trainings on a dataset that their request names.
    "services/gateway/usecases/jobs/train_on_dataset.py",
    # What a training is expected to take.
    "services/gateway/usecases/jobs/estimate_training.py",
    # The schedule of live series, whose jobs no face asks for.
    "services/gateway/usecases/datasets/refresh_series.py",
    # An experiment is searched for by a job.
    "services/gateway/usecases/experiments/run_experiment.py",
    # An experiment on texts is worked on by runs.
    "services/gateway/usecases/texts/start_text_run.py",
    # What is to be learned from is checked, by whichever request.
    "services/gateway/usecases/texts/check_texts.py",
    # What a run has made is registered by the run's id.
    "services/gateway/usecases/registry/register_run.py",
    # Runs of recipes: started, reported by an outside worker, and what is known of the version that one has made.
    "services/gateway/usecases/recipes/start_run.py",
    "services/gateway/usecases/recipes/report_run.py",
    "services/gateway/usecases/recipes/change_model.py",
    # Models of recipes are asked about rows.
    "services/gateway/usecases/recipes/predict_rows.py",
    # Rows of a recipe's example are generated.
    "services/gateway/usecases/recipes/make_example.py",
    # The assistant tells of runs.
    "services/gateway/usecases/recipes/gather_facts.py",
    # What a recipe is used by.
    "services/gateway/usecases/recipes/recipe_uses.py",
    # Models in production are looked at by a schedule.
    "services/gateway/usecases/monitoring/ask_snapshot.py",
    # What a run of a recipe has learned from stays while its version is there.
    "services/gateway/outbound/models/named_artifacts_mongo.py",
    # The dashboard.
    "services/gateway/outbound/dashboard_mongo.py",
    # Snapshots, from which views are rebuilt.
    "services/gateway/domain/jobs/job.py",
    # What says no kind is a training's.
    "services/gateway/domain/jobs/ports.py",
    "services/gateway/outbound/jobs/former_jobs_mongo.py",
    "services/training/domain/job.py",
    "services/training/domain/runs.py",
    "services/training/outbound/job_documents.py",
    "services/training/outbound/runner.py",
}


def sources() -> dict[str, str]:
    """Return the text of each module, by its path."""
    files = [path for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.py")]
    return {str(path.relative_to(ROOT)): path.read_text() for path in files}


def test_each_table_has_a_row_for_each_kind() -> None:
    assert list(KINDS) == list(WORK) == list(TERMS) == list(JobKind)


def test_nothing_asks_of_which_kind_a_job_is() -> None:
    asks = re.compile(r"(\bis|\bis not|==|!=|\bcase|\bin \{) JobKind\.")

    assert [f"{path}: {line.strip()}" for path, text in sources().items() for line in text.splitlines() if asks.search(line)] == []


def test_a_kind_is_named_by_tables_faces_and_what_is_of_trainings_alone() -> None:
    naming = {path for path, text in sources().items() if re.search(r"\bJobKind\.[A-Z]", text)}

    assert {path for path in naming if not path.startswith(FACES)} - set(TABLES) == ABOUT_TRAININGS


def test_what_the_guide_shows_is_in_the_code() -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guides/add-a-job-kind.md").read_text(), flags=re.DOTALL)
    code = "\n".join((ROOT / table).read_text() for table in TABLES)

    assert len(shown) == 4
    assert [block for block in shown if block not in code] == []


def test_the_kind_of_an_event_is_known_and_that_of_a_later_release_is_none() -> None:
    about = {"sequence": 2, "job_id": "job", "account_id": "account"}

    told = {name: JOB_EVENTS.cancel_requested(**about, kind=name) for name in ("backtest", "horoscope", "train")}
    training = TRAINING_EVENTS.cancel_requested(**about)

    assert {name: kind_of(event) for name, event in told.items()} == {"backtest": JobKind.BACKTEST, "horoscope": None, "train": None}
    assert kind_of(training) is JobKind.TRAIN
