"""A network to begin with is taken whole, or not at all."""

import shutil
from pathlib import Path

import pytest

from libs.contracts.texts import TrainingSettings
from services.training.learners.errors import TrainingRefusedError
from services.training.texts.backbones import find_backbone, open_network
from services.training.texts.methods import merged, prepare


def test_a_backbone_whose_encoder_is_not_all_there_is_refused(backbones: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file  # noqa: PLC0415 - as above

    torn = shutil.copytree(backbones / "tests" / "tiny", tmp_path / "torn")
    weights = load_file(torn / "model.safetensors")
    some = {name: each for name, each in weights.items() if "layer.1." not in name}
    save_file(some, torn / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(TrainingRefusedError, match=r"its weights lack 16 of the encoder's, such as bert\.encoder\.layer\.1\."):
        open_network(find_backbone("torn", folder=tmp_path), labels=("down", "up"), seed=0)


def test_additions_are_made_to_the_encoder_of_a_network_that_the_library_does_not_know_and_its_head_learns() -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification  # noqa: PLC0415 - after the backbones' module

    config = DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=32, num_labels=2)

    network = prepare(DistilBertForSequenceClassification(config), method="lora", settings=TrainingSettings())

    learns = {name for name, value in network.named_parameters() if value.requires_grad}
    assert any("q_lin.lora_A" in name for name in learns)
    assert {part for part in ("pre_classifier", "classifier") if any(f".{part}.modules_to_save." in name for name in learns)} == {
        "pre_classifier",
        "classifier",
    }
    assert all("lora_" in name or "modules_to_save" in name for name in learns)
    assert isinstance(merged(network), DistilBertForSequenceClassification)
