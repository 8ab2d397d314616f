"""What a training on texts has made, before it is judged: a network or a baseline, with its answers and how it is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from libs.contracts.texts import Epoch, Method, TextConfig, TextMetrics
from libs.texts.plain_models import words_of
from services.training.learners.crew import Crew
from services.training.learners.errors import TrainingRefusedError
from services.training.texts.backbones import Backbone, open_tokenizer
from services.training.texts.baselines import KIND_OF, Plain
from services.training.texts.corpus import Corpus
from services.training.texts.fitting import TokenRows, device
from services.training.texts.judging import judge
from services.training.texts.learning import Learning
from services.training.texts.loop import evaluate
from services.training.texts.methods import method_for, rate_for
from services.training.texts.rounding import Held, Rounded, round_network
from services.training.texts.saving import write_files, write_network
from services.training.texts.telling import Teller
from services.training.texts.tokens import Integers, Tokens, tokenize

Floats = NDArray[np.float64]
NO_NETWORK: Final = "It is no network: there is nothing to round."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trained:
    """A trained model. `validation` and `test` are logits (rows, labels), `lengths` tokens (or words) of the test rows.

    `seeds` has the test's metrics by seed, where there were several; `about` is for the run card.
    """

    kind: Literal["network", "linear", "lexicon"]
    validation: Floats
    test: Floats
    lengths: Integers
    method: Method | None = None
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = None
    seeds: tuple[tuple[int, TextMetrics], ...] = ()
    notes: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    network: Any = None
    tokenizer: Any = None
    tokens: Tokens | None = None
    plain: Plain | None = None

    def write(self, folder: Path, *, corpus: Corpus, temperature: float) -> tuple[dict[str, float], Rounded]:
        """Write the model's files but the manifest; return what was measured of them, and whether int8 is served.

        Raise ArtifactMismatchError for files that answer otherwise than what was trained.
        """
        if self.plain is not None:
            write_files(folder, self.plain.files())
            return {}, Rounded(reason=NO_NETWORK)
        assert self.tokens is not None
        measured = {"onnx_difference": write_network(self.network, tokenizer=self.tokenizer, tokens=self.tokens, folder=folder)}
        rows = corpus.validation
        held = Held(rows=rows, logits=self.validation, truth=corpus.targets[rows], temperature=temperature)
        return measured, round_network(folder, tokens=self.tokens, held=held)


def plain_of(name: str, plain: Plain, *, corpus: Corpus) -> Trained:
    """Return a baseline as a trained model."""
    words = np.array([len(words_of(text)) for text in corpus.some(corpus.test)], dtype=np.int64)
    logits = [plain.model.logits(corpus.some(rows)) for rows in (corpus.validation, corpus.test)]
    size = int(plain.model.coefficients.size + plain.model.intercepts.size)
    about = {"parameters": size, "trained_parameters": size, "device": "cpu", "precision": "double"}
    return Trained(kind=KIND_OF[name], validation=logits[0], test=logits[1], lengths=words, plain=plain, about=about)


def tokens_of(corpus: Corpus, backbone: Backbone, *, config: TextConfig) -> tuple[Any, Tokens]:
    """Return the backbone's tokenizer and the texts as its tokens. Raise TrainingRefusedError for texts longer than it can read."""
    most, asked = backbone.most_tokens, config.preprocessing.max_length
    if most is not None and asked > most:
        message = f"max_length is {asked}, and the backbone {backbone.name!r} reads {most} tokens at most."
        raise TrainingRefusedError(message, details={"config.preprocessing.max_length": [message]})
    tokenizer = open_tokenizer(backbone)
    return tokenizer, tokenize(corpus.texts, tokenizer=tokenizer, settings=config.preprocessing, places=corpus.places)


def notes_of(config: TextConfig, tokens: Tokens, *, crew: Crew | None) -> tuple[Method, float, list[str]]:
    """Return the method, the peak rate, and what is done otherwise than asked or chosen for want of a word."""
    settings, gpu = config.training, device().type == "cuda"
    method, chosen = method_for(settings, has_gpu=gpu)
    rate, warned = rate_for(settings, method=method)
    notes = [each for each in (chosen, warned) if each]
    if settings.fp16 and not gpu:
        notes.append("Single precision: `fp16` takes a GPU, and there is none.")
    if settings.gradient_checkpointing and method == "head":
        notes.append("Gradient checkpointing has nothing to save: only the head learns.")
    if crew is not None and method == "head":
        notes.append("One process learned: a head over embeddings is done before several have met.")
    if tokens.cut:
        notes.append(f"{tokens.cut:,} of {len(tokens):,} texts have more than {config.preprocessing.max_length} tokens, and were cut.")
    return method, rate, notes


def network_of(learning: Learning, *, tokenizer: Any, notes: Sequence[str], teller: Teller) -> Trained:
    """Train a network of each seed; the model is that of the first, of the others only the test's metrics are kept."""
    corpus, kept, rows = learning.corpus, None, []
    for seed in learning.seeds:
        task, learned = learning.fit(seed)
        network = task.finished(learned)
        answers = TokenRows(network.to(device()), learning.tokens)
        teller.begin("Judging", f"Answering {len(corpus.test):,} test texts, seed {seed}")
        validation, test = (evaluate(network, answers, part) for part in (corpus.validation, corpus.test))
        rows.append((seed, judge(corpus, validation=validation, test=test).metrics))
        if kept is None:
            kept = network.to("cpu"), learned, validation, test
    assert kept is not None
    network, learned, validation, test = kept
    course = learned.course
    about = {
        "device": str(device()),
        "precision": "half" if learning.half else "single",
        "parameters": sum(int(each.numel()) for each in network.parameters()),
        "trained_parameters": sum(int(each.size) for each in learned.weights.values()),
        "train_steps": course.step,
        "steps_per_second": course.step / course.seconds if course.seconds else None,
        "processes": learning.crew.processes if learning.crew is not None and learning.method != "head" else 1,
    }
    return Trained(
        kind="network",
        validation=validation,
        test=test,
        lengths=learning.tokens.lengths[corpus.test],
        method=learning.method,
        history=tuple(Epoch.model_validate(each) for each in course.history),
        best_epoch=course.best_epoch,
        seeds=tuple(rows) if len(rows) > 1 else (),
        notes=tuple(notes),
        about=about,
        network=network,
        tokenizer=tokenizer,
        tokens=learning.tokens,
    )
