"""What of a network learns: all of it, its last layers, low-rank additions, or only what comes behind the encoder."""

import warnings
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import nn

from libs.contracts.texts import Method, TrainingSettings
from services.training.learners.errors import TrainingRefusedError
from services.training.texts.backbones import classifier_of

# One thread: a runner has one core, and sums keep their order, so that the same request gives the same numbers.
torch.set_num_threads(1)

RATES: Final[Mapping[Method, float]] = {"full": 2e-5, "last_layers": 2e-5, "lora": 2e-4, "head": 1e-3}
"""Peak rates that are taken where none is asked for: fine-tuning as in BERT (Devlin et al. 2019), more for what begins from nothing."""
LORA_DROPOUT: Final = 0.05
LORA_SCALE: Final = 2
"""Times the rank is what additions are scaled by (alpha; Hu et al. 2021)."""
SAME: Final = 1e-5


def method_for(settings: TrainingSettings, *, has_gpu: bool) -> tuple[Method, str | None]:
    """Return what learns, and what is to be noted of the choice."""
    if settings.method is not None:
        return settings.method, None
    if has_gpu:
        return "full", "No method was asked for: all weights learn (`full`), as there is a GPU."
    return "head", "No method was asked for: only the head learns (`head`), as there is no GPU; `full` takes far longer here."


def rate_for(settings: TrainingSettings, *, method: Method) -> tuple[float, str | None]:
    """Return the peak learning rate, and what is to be noted of it."""
    if settings.learning_rate is None:
        return RATES[method], None
    usual = RATES[method]
    if method in {"head", "lora"} and settings.learning_rate <= usual / 10:
        return settings.learning_rate, (
            f"The learning rate {settings.learning_rate:g} is meant for all weights: `{method}` usually learns with about {usual:g}."
        )
    return settings.learning_rate, None


def prepare(network: Any, *, method: Method, settings: TrainingSettings) -> Any:
    """Return the network with what learns marked (`requires_grad`). Raise TrainingRefusedError for one that the method does not fit."""
    if settings.gradient_checkpointing and method != "head":
        if not getattr(network, "supports_gradient_checkpointing", False):
            message = f"Gradient checkpointing is not there for {type(network).__name__}."
            raise TrainingRefusedError(message, details={"config.training.gradient_checkpointing": [message]})
        network.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if method == "full":
        return network.requires_grad_(True)  # noqa: FBT003 - as the library calls it
    if method == "lora":
        return _with_additions(network, rank=settings.lora_rank)
    network.requires_grad_(False)  # noqa: FBT003 - as above
    layers = _layers_of(network)[-settings.last_layers :] if method == "last_layers" else []
    pooler = getattr(getattr(network, network.base_model_prefix), "pooler", None)
    for part in (*layers, *([pooler] if pooler is not None else []), *classifier_of(network)):
        part.requires_grad_(True)  # noqa: FBT003 - as above
    return network


def merged(network: Any) -> Any:
    """Return a plain network again: additions become part of the weights that they were added to."""
    return network.merge_and_unload() if hasattr(network, "merge_and_unload") else network


def _with_additions(network: Any, *, rank: int) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - only this method needs it

    settings = {"task_type": "SEQ_CLS", "r": rank, "lora_alpha": LORA_SCALE * rank, "lora_dropout": LORA_DROPOUT}
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # It asks the network by a name that is about to change.
        try:
            return get_peft_model(network, LoraConfig(**settings))
        except ValueError:  # An architecture whose attention the library does not know by name.
            prefix = network.base_model_prefix
            linear = [name for name, each in network.named_modules() if isinstance(each, nn.Linear) and name.startswith(f"{prefix}.")]
            beside = [name for name, each in network.named_children() if name != prefix and any(True for _ in each.parameters())]
            return get_peft_model(network, LoraConfig(target_modules=linear, modules_to_save=beside, **settings))


def _layers_of(network: Any) -> Any:
    """Return the encoder's layers: the longest list of modules in it."""
    lists = [each for each in getattr(network, network.base_model_prefix).modules() if isinstance(each, nn.ModuleList)]
    if not lists:
        message = f"{type(network).__name__} has no layers that can be told apart: choose `full` or `head`."
        raise TrainingRefusedError(message, details={"config.training.method": [message]})
    return max(lists, key=len)


class Embedded(nn.Module):
    """Stands in an encoder's place while only the head learns: what it is given as ids are the encoder's own answers, computed before.

    `embedding` (rows, width) is what the encoder has read of each text at its first token, which is all that heads look at.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.pooler = getattr(encoder, "pooler", None)

    def forward(self, input_ids: Any = None, **_: Any) -> Any:
        """Return what an encoder returns."""
        from transformers.modeling_outputs import BaseModelOutputWithPooling  # noqa: PLC0415 - loaded with the network

        states = input_ids[:, None]
        return BaseModelOutputWithPooling(last_hidden_state=states, pooler_output=self.pooler(states) if self.pooler is not None else None)


def check_head(network: Any, *, ids: Any, mask: Any) -> None:
    """See that the head looks at nothing but each text's first token. Raise TrainingRefusedError where it does not."""
    prefix = network.base_model_prefix
    with torch.inference_mode():
        whole = network(input_ids=ids, attention_mask=mask).logits
        encoder = getattr(network, prefix)
        first = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
        try:
            setattr(network, prefix, Embedded(encoder))
            alone = network(input_ids=first).logits
        finally:
            setattr(network, prefix, encoder)
    if alone.shape != whole.shape or not torch.allclose(alone, whole, atol=SAME):
        message = f"The head of {type(network).__name__} looks at more than a text's first token: choose another method."
        raise TrainingRefusedError(message, details={"config.training.method": [message]})
