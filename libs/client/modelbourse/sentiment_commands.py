"""The `sentiment-*` commands, each a program of its own."""

from collections.abc import Callable
from typing import NoReturn

from modelbourse.command import run


def _program(name: str) -> Callable[[], NoReturn]:
    def program() -> NoReturn:
        def load() -> Callable[[], None]:
            from modelbourse.cli.sentiment.programs import app_of  # noqa: PLC0415  # takes a moment, in which Ctrl-C is pressed, too

            return app_of(name)

        run(load)

    return program


train = _program("sentiment-train")
export = _program("sentiment-export")
validate = _program("sentiment-validate")
register = _program("sentiment-register")
list_models = _program("sentiment-list-models")
transition_stage = _program("sentiment-transition-stage")
delete_model = _program("sentiment-delete-model")
model_info = _program("sentiment-model-info")
config = _program("sentiment-config")
validate_data = _program("sentiment-validate-data")
data_report = _program("sentiment-data-report")
predict = _program("sentiment-predict")
score = _program("sentiment-score")
health = _program("sentiment-health")
