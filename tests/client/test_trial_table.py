"""Trials of a search, as the command says them where there is no terminal: each once, when it has ended."""

import pytest

from modelbourse.answers.engine.experiments import Experiment, Progress, Trial
from modelbourse.cli.trial_table import progress_line, rows_of, trials_shown

AT = "2026-01-15T15:30:00Z"


def trial(number: int, status: str, loss: float | None = None) -> Trial:
    found = {"trial_id": f"trial_{number}", "hyperparameters": {"max_depth": 3}, "metrics": {} if loss is None else {"val_loss": loss}}
    more = {
        "experiment_id": "exp",
        "number": number,
        "status": status,
        "created_at": AT,
        "completed_at": None,
        "spread": {},
        "reason": None,
    }
    return Trial.model_validate(found | more)


def seen(completed: int, best: Trial | None) -> Experiment:
    progress = {"completed_trials": completed, "total_trials": 3, "best_trial": best and best.model_dump()}
    return Experiment.model_construct(name="Forest", status="running", progress=Progress.model_validate(progress))


def test_each_trial_is_said_once_when_it_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    trials = [trial(1, "running"), trial(0, "completed", 0.25)]
    with trials_shown(lambda: trials) as show:
        show(seen(0, None))
        show(seen(1, trials[1]))
        trials[0] = trial(1, "pruned", 0.5)
        show(seen(2, trials[1]))
        show(seen(2, trials[1]))

    said = capsys.readouterr().err.splitlines()
    assert said == ["trial 0 completed val_loss=0.25 max_depth=3", "trial 1 pruned val_loss=0.5 max_depth=3"]
    assert progress_line("Forest", "running", seen(1, trials[1]).progress) == "Forest running: 1 of 3 trials, best val_loss=0.25"
    assert rows_of(trials)[1][:4] == (0, "trial_0", "completed", "val_loss=0.25")
