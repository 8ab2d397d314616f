"""Read a version of a model of texts from its manifest's hash."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import FORMAT_VERSION, INT8, ONNX, TextManifest
from libs.texts.plain_models import VOCABULARY, WEIGHTS
from libs.texts.serving.model import TextModel, UnservableError
from libs.texts.serving.network import TOKENIZER, TOKENIZER_CONFIG, NetworkText
from libs.texts.serving.plain import PlainText

Load = Callable[[TextManifest, Mapping[str, bytes]], TextModel]
PLAIN: Final = (WEIGHTS, VOCABULARY)
# By kind of manifest, what serves it and the files that it reads.
KINDS: Final[Mapping[str, tuple[Load, tuple[str, ...]]]] = {
    "network": (NetworkText, (ONNX, TOKENIZER, TOKENIZER_CONFIG)),
    "linear": (PlainText, PLAIN),
    "lexicon": (PlainText, PLAIN),
}


def load_text_model(artifacts: Artifacts, artifact: str, *, int8: bool = False) -> TextModel:
    """Read a manifest and those of its files that serving needs. Raise ArtifactMissingError or UnservableError.

    With `int8` a network whose int8 form was found to answer alike is that form; else it answers as it was trained.
    """
    try:
        manifest = TextManifest.model_validate_json(artifacts.get(artifact))
    except ValidationError as error:
        msg = f"the manifest {artifact} cannot be read"
        raise UnservableError(msg) from error
    if manifest.format_version > FORMAT_VERSION or manifest.kind not in KINDS:
        msg = f"the manifest's format is {manifest.format_version}, of kind {manifest.kind}; this release serves up to {FORMAT_VERSION}"
        raise UnservableError(msg)
    load, wanted = KINDS[manifest.kind]
    if int8 and manifest.served_precision == "int8":
        wanted = tuple(INT8 if name == ONNX else name for name in wanted)
    try:
        return load(manifest, {name: artifacts.get(manifest.files[name].sha256) for name in wanted if name in manifest.files})
    except (KeyError, ValueError, TypeError) as error:
        msg = f"the model {artifact} cannot be served: {type(error).__name__}: {error}"
        raise UnservableError(msg) from error
