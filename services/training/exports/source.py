"""A trained model's folder, opened: its manifest, its tokenizer as `tokenizers` has it, its weights from safetensors and nothing else."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.names import listed
from libs.contracts.texts import MANIFEST, TextManifest

TOKENIZER: Final = "tokenizer.json"
WEIGHTS: Final = "model.safetensors"
NEEDED: Final = (MANIFEST, TOKENIZER, WEIGHTS, "config.json")
OLD_WEIGHTS: Final = (".bin", ".pickle", ".pkl", ".ckpt", ".h5")
Tokens = NDArray[np.int64]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoder:
    """Texts to tokens, as the model learned them: the same file serves here and at whoever loads the bundle."""

    tokenizer: Any
    lowercase: bool

    def __call__(self, texts: Sequence[str]) -> tuple[Tokens, Tokens]:
        """Return `input_ids` and `attention_mask`, both (texts, tokens of the longest), int64; longer texts are cut."""
        encoded = self.tokenizer.encode_batch([text.lower() if self.lowercase else text for text in texts])
        return (
            np.array([each.ids for each in encoded], dtype=np.int64),
            np.array([each.attention_mask for each in encoded], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A model as it was trained, ready to answer and to be exported; `sha256` is its manifest's."""

    folder: Path
    manifest: TextManifest
    sha256: str
    encode: Encoder
    net: Any

    def logits(self, ids: Tokens, mask: Tokens) -> Logits:
        """Return what the model itself says (texts, labels)."""
        import torch  # noqa: PLC0415 - 300 MB that a look at a folder does without

        with torch.inference_mode():
            said: Logits = self.net(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        return said

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return sum(each.numel() for each in self.net.parameters())


def read_manifest(folder: Path) -> tuple[TextManifest, str]:
    """Return a folder's manifest and its sha256. Raise InvalidError (`model_path`) where there is none that can be read."""
    try:
        data = (folder / MANIFEST).read_bytes()
        return TextManifest.model_validate_json(data, extra="ignore"), hashlib.sha256(data).hexdigest()
    except FileNotFoundError:
        _refuse(f"There is no {MANIFEST} in the folder: name the folder `model` that a training has made")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        _refuse(f"{MANIFEST} cannot be read: {where}: {first['msg']}")


def load_encoder(folder: Path, manifest: TextManifest) -> Encoder:
    """Return the tokenizer of a folder, which cuts at the manifest's `max_length` and fills up to the longest text of a batch.

    Raise InvalidError (`model_path`) where the folder has none, or one that is damaged.
    """
    import tokenizers  # noqa: PLC0415 - as whoever serves the bundle loads it

    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception:  # noqa: BLE001 - the library raises nothing narrower
        _refuse(f"{TOKENIZER} is missing or cannot be read")
    pad = _pad_token(folder)
    if (pad_id := tokenizer.token_to_id(pad)) is None:
        _refuse(f"{TOKENIZER} has no token '{pad}' to fill shorter texts with")
    tokenizer.enable_truncation(max_length=manifest.max_length)
    tokenizer.enable_padding(pad_id=pad_id, pad_token=pad)
    return Encoder(tokenizer, manifest.lowercase)


def load_source(folder: Path) -> Source:
    """Return the model of a folder. Raise InvalidError (`model_path`) that says what is missing or cannot be exported.

    Only safetensors are loaded, no code comes with a model, and nothing is asked of any hub.
    """
    manifest, sha256 = read_manifest(folder)
    if manifest.kind != "network":
        _refuse(f"{manifest.backbone} is no network, so it has no ONNX, TorchScript or Triton form: it is served by the platform")
    _check_files(folder, manifest)
    return Source(folder, manifest, sha256, load_encoder(folder, manifest), _network(folder, manifest))


def _check_files(folder: Path, manifest: TextManifest) -> None:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        old = sorted(each.name for each in folder.iterdir() if each.suffix in OLD_WEIGHTS)
        why = f"; {listed(old)} may hold code and is not loaded, save the model as safetensors" if old and WEIGHTS in missing else ""
        _refuse(f"The folder lacks {listed(missing)}{why}")
    for name in (WEIGHTS, TOKENIZER, "config.json"):
        told = manifest.files.get(name)
        if told is not None and _hash(folder / name) != told.sha256:
            _refuse(f"{name} is not the file that {MANIFEST} tells of: its SHA-256 differs")


def _network(folder: Path, manifest: TextManifest) -> Any:
    """Return a module whose forward takes `input_ids` and `attention_mask` and returns logits."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch  # noqa: PLC0415 - runners alone have it
    import transformers  # noqa: PLC0415 - as above

    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    class Network(torch.nn.Module):
        """What is exported: tokens in, logits out."""

        def __init__(self, net: Any) -> None:
            super().__init__()
            self.net = net

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.net(input_ids=input_ids, attention_mask=attention_mask).logits

    try:
        # Attention in plain operators: what is traced has no branch on the shape of a mask.
        net, loaded = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            attn_implementation="eager",
            output_loading_info=True,
        )
    except Exception as error:  # noqa: BLE001 - whatever the library says of a folder that it cannot load
        _refuse(f"The model cannot be loaded: {str(error).strip().splitlines()[0][:300]}")
    if missing := sorted(loaded["missing_keys"]):  # The library would draw them by chance.
        _refuse(f"{WEIGHTS} lacks {len(missing)} of the weights that config.json asks for, such as {missing[0]}")
    if (outputs := int(net.config.num_labels)) != len(manifest.labels):
        _refuse(f"The network has {outputs} outputs, and {MANIFEST} names {len(manifest.labels)} labels")
    return Network(net).eval().float()


def _pad_token(folder: Path) -> str:
    try:
        said = json.loads((folder / "tokenizer_config.json").read_text())["pad_token"]
    except (OSError, ValueError, KeyError):
        return "[PAD]"
    return str(said["content"] if isinstance(said, dict) else said)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(message: str) -> NoReturn:
    message = f"{message}."
    raise InvalidError(message, details={"model_path": [message]})
