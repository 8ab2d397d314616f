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


def test_each_table_has_a_row_for_each_kind() -> None:
    assert list(KINDS) == list(WORK) == list(TERMS) == list(JobKind)


def test_nothing_asks_of_which_kind_a_job_is() -> None:
    asks = re.compile(r"(\bis|\bis not|==|!=|\bcase|\bin \{) JobKind\.")
    files = [path for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.py")]

    assert [
        f"{path.relative_to(ROOT)}: {line.strip()}" for path in files for line in path.read_text().splitlines() if asks.search(line)
    ] == []


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
