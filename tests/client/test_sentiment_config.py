"""A sentiment model's configuration in YAML: numbers are numbers, and mistakes have their line."""

import pytest

from libs.contracts.text_config import TextConfig
from modelbourse.builder.config import ConfigError, defaults, read_config, template


def test_the_template_has_every_setting_and_is_a_configuration_itself() -> None:
    assert read_config(template(), name="template") == defaults()
    assert TextConfig.model_validate(defaults()) == TextConfig()


def test_the_documents_example_is_read_with_its_numbers() -> None:
    text = 'training:\n  backbone: "ProsusAI/finbert"\n  learning_rate: 2e-5\n  num_epochs: 3\n  fp16: true\ndata:\n  train_split: 0.8\n'

    found = read_config(text, name="training_config.yaml")

    assert found == {
        "training": {"backbone": "ProsusAI/finbert", "learning_rate": 2e-5, "num_epochs": 3, "fp16": True},
        "data": {"train_split": 0.8},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("training:\n  num_epochs: 0\n", "c.yaml, line 2, column 15: training.num_epochs must be at least 1, not 0."),
        ("training:\n  fp16: maybe\n", "c.yaml, line 2, column 9: training.fp16 must be true or false, not 'maybe'."),
        ("training:\n  method: lra\n", "Did you mean 'lora'?"),
        ("prepro: 3\n", "c.yaml, line 1, column 1: there is no setting prepro. Did you mean 'preprocessing'?"),
        ("training: [1]\n", "c.yaml, line 1, column 11: training must be a section with settings, not [1]."),
        ("training:\n  fp16: true\n  fp16: false\n", "c.yaml, line 3, column 3: fp16 stands there twice."),
        ("training: [1\n", "c.yaml: line 2, column 1: this is no YAML"),
        ("training:\n  num_epochs:\n", "c.yaml, line 2, column 14: training.num_epochs must be a whole number, not null."),
        ("training:\n  backbone: ''\n", "c.yaml, line 2, column 13: training.backbone must have a length of at least 1, not ''."),
        ("training:\n  seeds: [1, x]\n", "c.yaml, line 2, column 14: training.seeds[2] must be a whole number, not 'x'."),
        ("training:\n  seeds: &s [*s]\n", "training.seeds[1] must be a whole number, not what has itself within."),
        ("training:\n  seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n", "training.seeds must have at most 10 values"),
        ("preprocessing:\n  labels: [1, 0]\n", "c.yaml, line 2, column 15: preprocessing.labels[2] must be a text, not 0."),
        ("preprocessing:\n  labels: [good]\n", "c.yaml, line 2, column 11: preprocessing.labels must have at least 2 values"),
        ("data: {train_split: 0.9, val_split: 0.9}\n", "c.yaml, line 1, column 1: train_split, val_split and test_split must add up to 1"),
        ("data: {train_split: 0.9, test_split: 0}\n", "c.yaml, line 1, column 1: train_split and test_split must be above 0"),
        ("training:\n  backbone: !!python/name:os.system\n", "c.yaml, line 2, column 13: training.backbone cannot have the tag"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(text, name="c.yaml")

    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "training:\n", "training:\n  # all left out\ndata:\n  format:\n", "training:\n  method:\n  seeds: [1e2]\n"]
)
def test_what_has_no_value_is_at_its_default(text: str) -> None:
    found = TextConfig.model_validate(read_config(text, name="c.yaml"))

    assert (found.training.method, found.data.format) == (None, None)
