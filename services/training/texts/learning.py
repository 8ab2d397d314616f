"""The fits of a training on texts, one a seed: each goes on where an attempt before was, and what is finished is not done again."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.texts import Method, TrainingSettings
from libs.contracts.training import Artifact
from services.training.learners.class_weights import class_weights
from services.training.learners.crew import Crew
from services.training.learners.progress import Checkpoints
from services.training.learners.unfinished import Arrays, Memory
from services.training.texts.backbones import Backbone
from services.training.texts.checkpoints import KEPT_MOST, folder_of, put_checkpoint
from services.training.texts.corpus import Corpus
from services.training.texts.course import Course, Pace, Told, steps_of
from services.training.texts.fitting import EMBEDDED_TOGETHER, Learned, TextFit, device, embed
from services.training.texts.telling import Teller
from services.training.texts.tokens import Tokens


@dataclass(slots=True, kw_only=True)
class Learning:
    """All fits of one training.

    `key` names everything that decides their numbers, `split` what decides which rows they learn from; `known` is what an attempt before
    has finished.
    """

    backbone: Backbone
    method: Method
    settings: TrainingSettings
    rate: float
    corpus: Corpus
    tokens: Tokens
    teller: Teller
    artifacts: Artifacts
    checkpoints: Checkpoints | None
    crew: Crew | None
    key: str
    split: str
    begin: tuple[dict[str, Any], Arrays] | None = None
    known: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Artifact] = field(default_factory=dict)
    _embedded: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        found = self.checkpoints.load() if self.checkpoints is not None else None
        self.known = found if found is not None and found.get("key") == self.key else {"key": self.key, "fits": {}, "files": {}}
        self.files = {name: Artifact.model_validate(each) for name, each in self.known["files"].items()}
        embedding = self._embedding_steps if self.method == "head" else 0
        self.teller.expect(embedding + len(self.seeds) * steps_of(len(self.corpus.train), self.pace(self.settings.random_seed)))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of the model, and the further ones that are measured."""
        return tuple(dict.fromkeys((self.settings.random_seed, *self.settings.seeds)))

    @property
    def half(self) -> bool:
        """Whether it learns in half precision."""
        return self.settings.fp16 and device().type == "cuda"

    def pace(self, seed: int) -> Pace:
        """Return how a seed learns."""
        asked = self.settings
        return Pace(
            epochs=asked.num_epochs,
            batch=asked.batch_size,
            accumulation=asked.gradient_accumulation_steps,
            rate=self.rate,
            warmup=asked.warmup_ratio,
            decay=asked.weight_decay,
            patience=asked.early_stopping_patience,
            seed=seed,
            half=self.half,
            leaves_checkpoints=seed == asked.random_seed,
        )

    def fit(self, seed: int) -> tuple[TextFit, Learned]:
        """Return a seed's fit and what it came to, which an attempt before may have done."""
        task = self._task(seed)
        steps = steps_of(len(self.corpus.train), task.pace)
        if (found := self._finished(seed)) is None:
            found = self._fitted(task, seed=seed)
            weights = self.artifacts.put(save({name: np.ascontiguousarray(each) for name, each in found.weights.items()}))
            self.known["fits"][str(seed)] = {"weights": weights.model_dump(mode="json"), "course": _as_json(found.course)}
            self._keep()
        self.teller.done(steps)
        return task, found

    def _task(self, seed: int) -> TextFit:
        corpus = self.corpus
        counts = np.ones(len(corpus.labels))
        if self.settings.class_weights == "balanced":
            balanced = class_weights(corpus.targets[corpus.train])
            counts = np.array([balanced[place] for place in range(len(corpus.labels))])
        return TextFit(
            backbone=self.backbone,
            labels=corpus.labels,
            method=self.method,
            settings=self.settings,
            pace=self.pace(seed),
            tokens=self.tokens,
            targets=corpus.targets,
            weights=counts,
            train=corpus.train,
            validation=corpus.validation,
            embedded=self._embed() if self.method == "head" else None,
            begin=self.begin if seed == self.settings.random_seed else None,
        )

    def _fitted(self, task: TextFit, *, seed: int) -> Learned:
        def on_step(told: Told) -> None:
            files = self._put(told) if told.checkpoint is not None else None
            self.teller.told(told, seed=seed, epochs=self.settings.num_epochs, files=files)

        self.teller.begin("Training", f"Training on {len(task.train):,} texts, seed {seed}")
        memory = self._memory(str(seed))
        if self.crew is None or self.method == "head":
            return (replace(task, memory=memory) if memory is not None else task).fit(on_epoch=on_step)
        with self.crew.gathered() as workers:
            alike: Any = workers  # A fit of texts is to workers what any learner is.
            learned: Learned = alike.fit(task, None, watched=None, on_epoch=on_step, memory=memory)
            return learned

    def _memory(self, part: str) -> Memory | None:
        """Return where a part of the training keeps how far it has come; only one is under way at a time."""
        return Memory(self.checkpoints, f"{self.key}/{part}", self.teller.say) if self.checkpoints is not None else None

    def _put(self, told: Told) -> dict[str, Artifact]:
        """Store an epoch's checkpoint; of older ones only some are named any longer."""
        assert told.checkpoint is not None
        about, arrays = told.checkpoint
        settings = {"backbone": self.backbone.name, "method": self.method, "labels": list(self.corpus.labels), "split": self.split}
        files = put_checkpoint({**about, **settings}, arrays, artifacts=self.artifacts)
        self.files |= {f"{folder_of(told.epoch)}/{name}": each for name, each in files.items()}
        for old in range(1, told.epoch - KEPT_MOST + 1):
            self.files = {name: each for name, each in self.files.items() if not name.startswith(f"{folder_of(old)}/")}
        self._keep()
        return files

    def _finished(self, seed: int) -> Learned | None:
        """Return what an attempt before has come to with this seed."""
        if (kept := self.known["fits"].get(str(seed))) is None:
            return None
        try:
            return Learned(load(self.artifacts.get(kept["weights"]["sha256"])), Course(**kept["course"]))
        except ArtifactMissingError:
            return None

    def _embed(self) -> NDArray[np.float32]:
        """Return what the encoder has read of each text, computed once for all seeds and attempts."""
        if self._embedded is None:
            if (sha256 := self.known.get("embedded")) is not None and self.artifacts.has(sha256):
                self._embedded = np.load(BytesIO(self.artifacts.get(sha256)), allow_pickle=False)
            else:
                self.teller.begin("Embedding", f"Computing embeddings of {len(self.tokens):,} texts, once")
                done = _steps(self.teller.embedded)
                memory = self._memory("embedding")
                self._embedded = embed(self.backbone, self.tokens, labels=self.corpus.labels, on_texts=done, memory=memory)
                file = BytesIO()
                np.save(file, self._embedded, allow_pickle=False)
                self.known["embedded"] = self.artifacts.put(file.getvalue()).sha256
                self._keep()
            self.teller.done(self._embedding_steps)
        return self._embedded

    @property
    def _embedding_steps(self) -> int:
        return math.ceil(len(self.tokens) / EMBEDDED_TOGETHER)

    def _keep(self) -> None:
        self.known["files"] = {name: each.model_dump(mode="json") for name, each in self.files.items()}
        if self.checkpoints is not None:
            self.checkpoints.save(self.known)


def _steps(tell: Callable[[int], None]) -> Callable[[int], None]:
    return lambda texts: tell(math.ceil(texts / EMBEDDED_TOGETHER))


def _as_json(course: Course) -> dict[str, Any]:
    return {name: getattr(course, name) for name in Course.__dataclass_fields__}
