"""Texts are learned from: what a training leaves behind is what it measured, by every method, and from where it was interrupted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import METRICS, TextManifest, TextResult
from libs.quant.onnx_runtime import onnxruntime
from libs.texts.plain_models import VOCABULARY, WEIGHTS, read_plain
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.progress import Progress
from tests.training.texts.conftest import Learn, bytes_of
from tests.training.texts.headlines import headlines

ASKED: dict[str, Any] = {"method": "head", "num_epochs": 3, "gradient_accumulation_steps": 2, "class_weights": "balanced"}
TEXTS = ["Acme beats estimates", "Delta Foods plunges after a probe in the north as rates change", "calm"]


class KilledError(Exception):
    """What kill -9 is to a story in one process."""


def test_a_training_leaves_a_model_that_plain_libraries_load(learn: Learn, store: Artifacts, tmp_path: Path) -> None:
    told: list[Progress] = []

    result = learn(method="full", learning_rate=2e-3, batch_size=8, report=told.append, pictures=True)

    names = {name.rpartition("/")[2] for name in result.files if name.startswith("model/")}
    assert names == {"manifest.json", "config.json", "model.safetensors", "model.onnx", "tokenizer.json", "tokenizer_config.json"}
    assert {"report.html", "metrics.json", "confusion.png", "reliability.png", "history.png"} < result.files.keys()
    assert {"checkpoint-1/state.safetensors", "checkpoint-2/state.json"} < result.files.keys()
    manifest = TextManifest.model_validate_json(store.get(result.artifact.sha256))
    assert {name: file.sha256 for name, file in manifest.files.items()} == {
        name: result.files[f"model/{name}"].sha256 for name in names - {"manifest.json"}
    }
    assert manifest.labels == result.labels == ("negative", "neutral", "positive")
    for name in names:
        (tmp_path / name).write_bytes(bytes_of(result, f"model/{name}", store=store))
    network, session, tokenizer = opened(tmp_path)
    for some in (TEXTS, TEXTS[:1]):
        given = tokenizer(some, padding=True, truncation=True, max_length=32, return_tensors="np")
        fed = {name: given[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
        assert session.run(["logits"], fed)[0] == pytest.approx(network(fed), abs=1e-5)
    last = told[-1]
    assert last.step == last.total_steps
    assert {"epoch", "total_epochs", "train_loss", "val_loss", "val_accuracy", "seconds_left"} <= last.metrics.keys()
    assert [each.step for each in told] == sorted(each.step for each in told)


def opened(folder: Path) -> tuple[Any, Any, Any]:
    """A model's folder as transformers and onnxruntime have it."""
    import torch  # noqa: PLC0415 - only this story
    from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415 - as above

    model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()

    def answer(given: dict[str, Any]) -> Any:
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(each) for name, each in given.items()}).logits.numpy()

    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    return answer, session, AutoTokenizer.from_pretrained(folder, local_files_only=True)


@pytest.mark.parametrize(
    ("method", "unlike"),
    [
        ("head", ("pooler", "classifier")),
        pytest.param("last_layers", ("layer.1", "pooler", "classifier"), marks=pytest.mark.soak),
        ("lora", ("query", "value", "classifier")),
    ],
)
def test_a_method_changes_what_it_says_and_nothing_else(
    learn: Learn, store: Artifacts, backbones: Path, method: str, unlike: tuple[str, ...]
) -> None:
    from safetensors.numpy import load, load_file  # noqa: PLC0415 - as above

    rows = [*headlines(90), {"text": "growth " * 200, "label": "positive"}]  # As long as it can read.

    result = learn(rows, method=method, last_layers=1, num_epochs=1, learning_rate=1e-2, preprocessing={"max_length": 64})

    before = load_file(backbones / "tests" / "tiny" / "model.safetensors")
    after = load(bytes_of(result, "model/model.safetensors", store=store))
    changed = {name for name in after if not name.startswith("classifier") and (after[name] != before[name.removeprefix("bert.")]).any()}
    assert changed
    assert all(any(part in name for part in unlike) for name in changed)
    assert result.method == method
    assert result.run_card["onnx_difference"] < 1e-5


@pytest.fixture(scope="module")
def whole(learn: Learn) -> TextResult:
    """A training that nothing has interrupted."""
    return learn(**ASKED)


def test_a_killed_training_comes_to_the_same_bytes(learn: Learn, whole: TextResult) -> None:
    saves = 0

    def killed() -> None:
        nonlocal saves
        saves += 1
        if saves == 5:  # The embeddings; then each epoch twice: the fit, and its checkpoint's files.
            raise KilledError

    with pytest.raises(KilledError):
        learn(job="job_2", on_save=killed, **ASKED)
    told: list[Progress] = []
    again = learn(job="job_2", on_save=lambda: None, report=told.append, **ASKED)

    assert again.files["model/model.safetensors"] == whole.files["model/model.safetensors"]
    assert again.history == whole.history
    assert any(each.message.startswith("Goes on after step") for each in told)
    assert not any(each.stage == "Embedding" for each in told)


def test_a_training_goes_on_from_a_checkpoint_as_if_it_had_never_ended(learn: Learn, whole: TextResult) -> None:
    folder = {name.removeprefix("checkpoint-1/"): file for name, file in whole.files.items() if name.startswith("checkpoint-1/")}

    resumed = learn(resume=folder, **ASKED)

    assert resumed.files["model/model.safetensors"] == whole.files["model/model.safetensors"]
    assert resumed.notes == whole.notes
    notes = learn(headlines(90), resume=folder, method="head", num_epochs=1).notes
    assert any("nothing more was learned" in note for note in notes)
    assert any("has learned from other rows" in note for note in notes)
    with pytest.raises(TrainingRefusedError, match="The checkpoint is of method head, and this training of lora"):
        learn(method="lora", resume=folder)
    with pytest.raises(TrainingRefusedError, match=r"has no state\.safetensors"):
        learn(method="head", resume={"state.json": folder["state.json"]})


def test_a_checkpoint_of_a_training_that_ended_early_says_why_nothing_more_is_learned(learn: Learn) -> None:
    ended = learn(method="head", num_epochs=30, early_stopping_patience=1, learning_rate=0.5)
    last = f"checkpoint-{len(ended.history)}/"
    folder = {name.removeprefix(last): file for name, file in ended.files.items() if name.startswith(last)}

    again = learn(method="head", num_epochs=60, early_stopping_patience=1, learning_rate=0.5, resume=folder)

    assert len(again.history) == len(ended.history) < 30
    assert any(f"better than epoch {ended.best_epoch}: nothing more was learned" in note for note in again.notes)


def test_a_checkpoint_that_is_damaged_or_of_others_is_refused_in_a_sentence(learn: Learn, whole: TextResult, store: Artifacts) -> None:
    from safetensors.numpy import load, save  # noqa: PLC0415 - as above

    state = json.loads(bytes_of(whole, "checkpoint-1/state.json", store=store))
    arrays = load(bytes_of(whole, "checkpoint-1/state.safetensors", store=store))
    name = min(each for each in arrays if each.endswith("/exp_avg"))  # They are read in no order.

    for about, numbers in (
        ([], arrays),
        ({key: value for key, value in state.items() if key != "course"}, arrays),
        (state | {"course": state["course"] | {"groups": 1}}, arrays),
        (state | {"course": state["course"] | {"more": 1}}, arrays),
        (state, {key: value for key, value in arrays.items() if key != "draws"}),
        (state, {key: value for key, value in arrays.items() if key != name}),
        (state, arrays | {name: np.zeros(arrays[name].size + 1, dtype=np.float32)}),
        (state, arrays | {"draws": np.zeros(3, dtype=np.uint8)}),
    ):
        files = {"state.json": store.put(json.dumps(about).encode()), "state.safetensors": store.put(save(numbers))}
        with pytest.raises(TrainingRefusedError, match="The checkpoint cannot be read") as refused:
            learn(resume=files, **ASKED)
        assert refused.value.details.keys() == {"resume_from"}


def test_what_was_learned_from_headlines_is_better_than_chance_and_from_shuffled_labels_not(learn: Learn) -> None:
    told = learn(headlines(300), backbone="tfidf-logreg")
    chance = learn(headlines(300, shuffled=True), method="head", num_epochs=4)

    assert told.run_card["macro_f1_interval"]["low"] > told.baselines["majority"]["macro_f1"] + 0.3
    linear = chance.baselines["tfidf-logreg"]["macro_f1"]
    assert chance.run_card["macro_f1_interval"]["low"] < 1 / 3 + 0.05
    assert linear is not None
    assert linear < 0.55
    assert any("no better" in note or "cannot be told from chance" in note for note in chance.notes)
    assert chance.baselines.keys() == {"majority", "lexicon", "tfidf-logreg"}
    assert all(metrics.keys() == set(METRICS) for metrics in chance.baselines.values())


@pytest.mark.soak  # As the head in the story before.
@pytest.mark.parametrize("method", ["full", "last_layers", "lora"])
def test_no_method_learns_anything_from_shuffled_labels(learn: Learn, method: str) -> None:
    result = learn(headlines(300, shuffled=True), method=method, num_epochs=4, learning_rate=2e-3)

    assert result.run_card["macro_f1_interval"]["low"] < 1 / 3 + 0.05
    assert any("no better" in note or "cannot be told from chance" in note for note in result.notes)


@pytest.mark.soak  # Minutes of a core; what it is made of is proved on a tiny network.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("method", "rows"), [("head", 600), ("full", 300)])
def test_the_network_that_ships_learns_what_headlines_say(learn: Learn, method: str, rows: int) -> None:
    result = learn(headlines(rows), backbone="all-minilm-l6-v2", method=method, learning_rate=None if method == "head" else 1e-4)

    assert result.run_card["macro_f1_interval"]["low"] > 0.7
    assert result.run_card["calibration"]["log_loss_after"] <= result.run_card["calibration"]["log_loss_before"] + 0.05
    assert result.run_card["onnx_difference"] < 1e-4


@pytest.mark.parametrize("name", ["tfidf-logreg", "lexicon"])
def test_a_baseline_is_a_model_whose_files_answer_without_a_library(learn: Learn, store: Artifacts, name: str) -> None:
    result = learn(backbone=name)

    manifest = TextManifest.model_validate_json(store.get(result.artifact.sha256))
    assert manifest.kind in {"linear", "lexicon"}
    assert manifest.files.keys() == {WEIGHTS, VOCABULARY}
    model = read_plain(
        manifest.kind,
        weights=bytes_of(result, f"model/{WEIGHTS}", store=store),
        vocabulary=bytes_of(result, f"model/{VOCABULARY}", store=store),
    )
    answered = model.logits(["Acme beats estimates and surges after approval", "Acme plunges after a probe, and cuts its outlook"]).argmax(
        axis=1
    )
    assert [manifest.labels[place] for place in answered] == ["positive", "negative"]
    # Calibrated alike: what stands beside a model is measured as the model is.
    assert result.metrics == pytest.approx(result.baselines[name])


def test_further_seeds_are_measured_beside_the_model(learn: Learn, whole: TextResult) -> None:
    result = learn(seeds=[7, 8], **ASKED)

    assert [row.seed for row in result.seeds] == [42, 7, 8]
    scores = [row.metrics["macro_f1"] for row in result.seeds]
    assert result.metrics == whole.metrics
    assert result.metrics["macro_f1"] == scores[0]
    assert result.seed_mean["macro_f1"] == pytest.approx(np.mean(scores))
    assert result.seed_spread["macro_f1"] == pytest.approx(np.std(scores, ddof=1))


def test_what_cannot_be_trained_is_told_in_a_sentence(learn: Learn) -> None:
    with pytest.raises(
        TrainingRefusedError,
        match="There is no backbone 'ProsusAI/finbert' here: there are all-minilm-l6-v2, tests/tiny, tfidf-logreg, lexicon",
    ) as said:
        learn(backbone="ProsusAI/finbert")
    assert said.value.details.keys() == {"config.training.backbone"}
    with pytest.raises(TrainingRefusedError, match=r"has no weights as \*.safetensors"):
        learn(backbone="tests/pickled")
    with pytest.raises(TrainingRefusedError, match="There is no backbone"):
        learn(backbone="../tests/tiny")
    with pytest.raises(TrainingRefusedError, match="max_length is 100, and the backbone 'tests/tiny' reads 64 tokens at most"):
        learn(preprocessing={"max_length": 100})
    with pytest.raises(TrainingRefusedError, match="has more than 8 tokens, and truncation is off"):
        learn(preprocessing={"max_length": 8, "truncation": False})
    with pytest.raises(TrainingRefusedError, match="alike or belong together stay in one part, and only 1 differ"):
        learn([{"text": "the same headline", "label": ("up", "down")[number % 2]} for number in range(20)])
    with pytest.raises(TrainingRefusedError, match="There is one label, 'up'"):
        learn([{"text": f"headline {number}", "label": "up"} for number in range(20)])


def test_what_was_chosen_for_want_of_a_word_is_noted(learn: Learn, store: Artifacts) -> None:
    rows = [{"headline": row["text"], "sentiment": row["label"]} for row in headlines(60)]

    result = learn(
        [*rows, {"headline": "", "sentiment": "neutral"}],
        fp16=True,
        gradient_checkpointing=True,
        learning_rate=2e-5,
        num_epochs=1,
    )

    notes = " ".join(result.notes)
    for part in (
        "`headline` was read as the text",
        "1 of 61 rows have no text",
        "only the head learns (`head`)",
        "Single precision",
        "usually learns with about 0.001",
        "Gradient checkpointing has nothing to save",
        "Probabilities are as trained",
    ):
        assert part in notes
    page = bytes_of(result, "report.html", store=store).decode()
    assert "default-src 'none'" in page
    assert "Beside the baselines" in page
    assert json.loads(bytes_of(result, "metrics.json", store=store))["metrics"] == result.metrics
