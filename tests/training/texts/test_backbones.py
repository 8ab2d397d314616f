"""A network to begin with is taken whole, or not at all."""

import shutil
from pathlib import Path

import pytest

from services.training.learners.errors import TrainingRefusedError
from services.training.texts.backbones import find_backbone, open_network


def test_a_backbone_whose_encoder_is_not_all_there_is_refused(backbones: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file  # noqa: PLC0415 - as above

    torn = shutil.copytree(backbones / "tests" / "tiny", tmp_path / "torn")
    weights = load_file(torn / "model.safetensors")
    some = {name: each for name, each in weights.items() if "layer.1." not in name}
    save_file(some, torn / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(TrainingRefusedError, match=r"its weights lack 16 of the encoder's, such as bert\.encoder\.layer\.1\."):
        open_network(find_backbone("torn", folder=tmp_path), labels=("down", "up"), seed=0)
