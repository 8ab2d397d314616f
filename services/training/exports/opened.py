"""An exported file, opened by the plain library that whoever receives it has: onnxruntime, or torch for TorchScript."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.names import listed
from libs.contracts.text_exports import EXPORTED_SUFFIXES
from services.training.exports.bounded import bounded, most_for
from services.training.exports.files import INPUTS, OUTPUT
from services.training.exports.source import Encoder, Logits, Tokens

Answers = Callable[[Tokens, Tokens], Logits]
TOGETHER: Final = 32
"""Texts in a batch."""
BATCH_S: Final = 600.0
"""The largest network that is taken needs some two minutes of a slow core for a batch of its longest texts."""


def open_exported(path: Path, *, batch_s: float = BATCH_S) -> Answers:
    """Return what asks a file. Raise InvalidError (`model_path`) for a file that is none, or is damaged, or takes other inputs.

    What is returned raises it, too: of an ONNX file that takes more memory or longer for a batch than a model of texts does.
    """
    if path.suffix not in EXPORTED_SUFFIXES:
        _refuse(f"{path.name} is no exported model: it ends in {' or '.join(EXPORTED_SUFFIXES)}")
    return _onnx(path, batch_s=batch_s) if path.suffix == ".onnx" else _torchscript(path)


def logits_of(answers: Answers, texts: Sequence[str], *, encode: Encoder) -> Logits:
    """Return what is answered to texts (texts, labels), some at once, in the order in which they are given."""
    batches = [encode(texts[start : start + TOGETHER]) for start in range(0, len(texts), TOGETHER)]
    return np.concatenate([answers(ids, mask) for ids, mask in batches])


def _onnx(path: Path, *, batch_s: float) -> Answers:
    from libs.quant.onnx_runtime import onnxruntime  # noqa: PLC0415 - runners alone have it

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    most = most_for(path.stat().st_size)
    try:
        with bounded(most, seconds=batch_s):
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the library's own class has no public name
        _refuse(f"{path.name} cannot be opened by onnxruntime: {_line(error)}")
    names = {each.name for each in session.get_inputs()}
    outputs = [each.name for each in session.get_outputs()]
    if names != set(INPUTS) or OUTPUT not in outputs:
        _refuse(f"{path.name} takes {listed(sorted(names))} to {listed(outputs)}; it must take {listed(INPUTS)} to {OUTPUT}")

    def answers(ids: Tokens, mask: Tokens) -> Logits:
        run: Any = onnxruntime.RunOptions()
        run.log_severity_level = 4
        try:
            with bounded(most, seconds=batch_s, stop=lambda: setattr(run, "terminate", True)):
                said: Logits = session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)), run)[0]
        except Exception as error:  # noqa: BLE001 - as above
            if run.terminate:
                _refuse(f"{path.name} takes longer than {batch_s:g} s for {len(ids)} texts")
            if "alloc" in str(error):  # whose error it is differs by who asks for memory
                _refuse(f"{path.name} asks for more memory for {len(ids)} texts than a model of its size needs")
            _refuse(f"{path.name} cannot answer {len(ids)} texts: {_line(error)}")
        return said

    return answers


def _torchscript(path: Path) -> Answers:
    import torch  # noqa: PLC0415 - as above

    torch.set_num_threads(1)
    try:
        script: Any = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]  # torch has no types there
    except Exception as error:  # noqa: BLE001 - of any kind, by what is damaged
        _refuse(f"{path.name} cannot be opened by torch: {_line(error)}")

    def answers(ids: Tokens, mask: Tokens) -> Logits:
        with torch.inference_mode():
            said: Logits = script(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()
        return said

    return answers


def _line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]


def _refuse(message: str) -> NoReturn:
    message = f"{message}."
    raise InvalidError(message, details={"model_path": [message]})
