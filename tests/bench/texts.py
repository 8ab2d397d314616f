"""How many steps a second a fine-tuning of the shipped network takes, beside the plain Trainer of transformers in the same minutes."""

import time
from statistics import median
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from libs.contracts.texts import SHIPPED, PreprocessingSettings, TrainingSettings
from services.training.texts.backbones import find_backbone, open_network, open_tokenizer
from services.training.texts.course import Pace
from services.training.texts.fitting import TextFit
from services.training.texts.tokens import Tokens, tokenize
from tests.training.texts.headlines import headlines

LABELS = ("negative", "neutral", "positive")
ROUNDS, STEPS, BATCH = 3, 10, 16


class _Clock(TrainerCallback):
    """When the rival began to learn, and when it had."""

    began = ended = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.began = time.perf_counter()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.ended = time.perf_counter()


def measure_texts() -> dict[str, Any]:
    """Return steps a second of both, and how many times the rival's ours are: for texts of one length, and of mixed ones."""
    rows = headlines(STEPS * BATCH)
    alike = [row["text"] for row in rows]
    mixed = [" ".join(alike[(place + more) % len(alike)] for more in range(1 + place % 4)) for place in range(len(alike))]
    targets = np.array([LABELS.index(row["label"]) for row in rows], dtype=np.int64)
    return {f"train_texts_{name}": _beside(texts, targets) for name, texts in (("alike", alike), ("mixed", mixed))}


def _beside(texts: list[str], targets: Any) -> dict[str, float]:
    backbone = find_backbone(SHIPPED, folder=None)
    tokenizer = open_tokenizer(backbone)
    tokens = tokenize(texts, tokenizer=tokenizer, settings=PreprocessingSettings())
    ours, rivals = [], []
    for _ in range(ROUNDS):
        ours.append(_ours(backbone, tokens, targets))
        rivals.append(_rival(backbone, tokenizer, tokens, targets))
    times = median(one / other for one, other in zip(ours, rivals, strict=True))
    return {"steps_s": round(median(ours), 3), "trainer_steps_s": round(median(rivals), 3), "times": round(times, 3)}


def _ours(backbone: Any, tokens: Tokens, targets: Any) -> float:
    pace = Pace(epochs=1, batch=BATCH, accumulation=1, rate=2e-5, warmup=0.1, decay=0.01, patience=None, seed=1)
    fit = TextFit(
        backbone=backbone, labels=LABELS, method="full", settings=TrainingSettings(), pace=pace, tokens=tokens, targets=targets, weights=np.ones(3),
        train=np.arange(len(targets)), validation=np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    course = fit.fit(on_epoch=lambda _: None).course
    return course.step / course.seconds


def _rival(backbone: Any, tokenizer: Any, tokens: Tokens, targets: Any) -> float:
    rows = [
        {"input_ids": tokens.ids[tokens.starts[row] : tokens.starts[row + 1]].tolist(), "labels": int(target)}
        for row, target in enumerate(targets)
    ]
    settings = TrainingArguments(
        output_dir="build/bench-trainer", per_device_train_batch_size=BATCH, num_train_epochs=1, learning_rate=2e-5, warmup_steps=1, weight_decay=0.01,
        report_to=[], use_cpu=not torch.cuda.is_available(), disable_tqdm=True, logging_strategy="no", save_strategy="no", seed=1,
    )  # fmt: skip
    clock = _Clock()
    model = open_network(backbone, labels=LABELS, seed=1)
    trainer = Trainer(
        model=model,
        args=settings,
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
        callbacks=[clock],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return STEPS / (clock.ended - clock.began)
