"""One fit of a network to labelled texts, as a task that a runner does alone or workers do together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from libs.contracts.texts import Method, TrainingSettings
from services.training.learners.unfinished import Arrays, Memory
from services.training.texts.backbones import Backbone, open_network
from services.training.texts.course import Course, Pace, Told
from services.training.texts.loop import Floats, TextLoop
from services.training.texts.methods import Embedded, check_head, merged, prepare
from services.training.texts.tokens import Integers, Tokens, even_batches

EMBEDDED_TOGETHER = 64
CHECKED = 4
"""Texts of different length on which a head is held to its encoder."""


def device() -> torch.device:
    """Return what networks are computed on: a GPU where this process has one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True, slots=True, eq=False)
class TokenRows:
    """Texts as tokens, for a whole network."""

    net: Any
    tokens: Tokens

    @property
    def lengths(self) -> Integers:
        """Tokens of each text."""
        return self.tokens.lengths

    def logits(self, rows: Integers) -> torch.Tensor:
        """Return the network's answer (rows, labels)."""
        where = next(self.net.parameters()).device
        ids, mask = (torch.from_numpy(each).to(where) for each in self.tokens.batch(rows))
        answer: torch.Tensor = self.net(input_ids=ids, attention_mask=mask).logits
        return answer


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedRows:
    """Texts as their encoder has read them, for a head."""

    net: Any
    embedded: torch.Tensor
    lengths: Integers

    def logits(self, rows: Integers) -> torch.Tensor:
        """Return the head's answer (rows, labels)."""
        answer: torch.Tensor = self.net(input_ids=self.embedded[torch.from_numpy(rows)]).logits
        return answer


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a fit came to: the weights that learned, by name, and how it went."""

    weights: Arrays
    course: Course


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextFit:
    """A fit: `targets` are the places of all texts' labels, `weights` what a text of each label counts for.

    `embedded` (texts, width) is what the encoder has read, for the method `head`; `begin` a checkpoint to go on from.
    """

    backbone: Backbone
    labels: Sequence[str]
    method: Method
    settings: TrainingSettings
    pace: Pace
    tokens: Tokens
    targets: Integers
    weights: Floats
    train: Integers
    validation: Integers
    embedded: NDArray[np.float32] | None = None
    begin: tuple[Mapping[str, Any], Arrays] | None = None
    memory: Memory | None = None

    def remembering(self, memory: Memory) -> Self:
        """Return the fit with a memory."""
        return replace(self, memory=memory)

    def fit(self, _: Any = None, *, watched: Any = None, on_epoch: Callable[[Told], None]) -> Learned:  # noqa: ARG002 - as of learners
        """Train; `on_epoch` hears of every step. The same fit gives the same weights, bit for bit, on the same machine."""
        torch.manual_seed(self.pace.seed)  # What additions begin with.
        net = self.opened().to(device())
        loop = TextLoop(
            net=net,
            rows=self._rows(net),
            targets=self.targets,
            weights=self.weights,
            train=self.train,
            validation=self.validation,
            pace=self.pace,
            on_step=on_epoch,
            memory=self.memory,
            begin=self.begin,
        )
        course = loop.run()
        learned = {name: value.detach().cpu().numpy() for name, value in net.named_parameters() if value.requires_grad}
        return Learned(learned, course)

    def opened(self) -> Any:
        """Return the network before it has learned, with what learns marked."""
        return prepare(open_network(self.backbone, labels=self.labels, seed=self.pace.seed), method=self.method, settings=self.settings)

    def finished(self, learned: Learned) -> Any:
        """Return the plain network, with what it has learned, on this machine's processor."""
        torch.manual_seed(self.pace.seed)
        net = self.opened()
        net.load_state_dict({name: torch.tensor(value) for name, value in learned.weights.items()}, strict=False)
        return merged(net).requires_grad_(False).eval()  # noqa: FBT003 - as the library calls it

    def _rows(self, net: Any) -> TokenRows | EmbeddedRows:
        if self.embedded is None:
            return TokenRows(net, self.tokens)
        setattr(net, net.base_model_prefix, Embedded(getattr(net, net.base_model_prefix)))
        return EmbeddedRows(net, torch.from_numpy(self.embedded).to(device()), self.tokens.lengths)


def embed(
    backbone: Backbone, tokens: Tokens, *, labels: Sequence[str], on_texts: Callable[[int], None], memory: Memory | None = None
) -> NDArray[np.float32]:
    """Return what the backbone's encoder reads of each text at its first token (texts, width); `on_texts` hears how many are done.

    With a memory it goes on where an attempt before was. Raise TrainingRefusedError for a network whose head looks at more than that.
    """
    net = open_network(backbone, labels=labels, seed=0)
    some = np.unique(np.linspace(0, len(tokens) - 1, CHECKED).astype(np.int64))
    ids, mask = (torch.from_numpy(each) for each in tokens.batch(some))
    check_head(net, ids=ids, mask=mask)
    encoder = getattr(net, net.base_model_prefix).to(device())
    found = np.empty((len(tokens), int(net.config.hidden_size)), dtype=np.float32)
    batches = list(even_batches(tokens.lengths, size=EMBEDDED_TOGETHER))
    order = np.concatenate(batches)
    kept = memory.recall() if memory is not None else None
    done = 0 if kept is None else len(kept[1]["embedded"])
    if kept is not None and memory is not None:
        found[order[:done]] = kept[1]["embedded"]
        memory.tell(f"Goes on after {done:,} of {len(tokens):,} texts, which the attempt before had read")
    with torch.inference_mode():
        for rows in batches[done // EMBEDDED_TOGETHER :]:
            ids, mask = (torch.from_numpy(each).to(device()) for each in tokens.batch(rows))
            found[rows] = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0].cpu().numpy()
            done += len(rows)
            on_texts(done)
            if memory is not None and done < len(tokens):
                memory.keep_at_times({}, partial(_embedded_so_far, found, order[:done]))
    return found


def _embedded_so_far(found: NDArray[np.float32], rows: Integers) -> Arrays:
    return {"embedded": found[rows]}
