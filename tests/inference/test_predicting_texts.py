"""Inference labels texts, and tells what each word contributed."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.text_predictions import ExplainTexts as ExplainAsk
from libs.contracts.text_predictions import PredictTexts as Ask
from libs.contracts.text_predictions import TextPredictions
from libs.texts.serving.attributions import attribute
from libs.texts.serving.loading import load_text_model
from libs.texts.serving.model import Floats, ReadText, TextModel
from services.inference.usecases.explain_texts import ExplainTexts
from services.inference.usecases.predict_texts import PredictTexts
from tests.inference.conftest import Store, Story
from tests.texts.small_models import LABELS, keep_lexicon, keep_small_model

GOOD, BAD, PLAIN = "ACME surges as profit beats", "ACME plunges", "ACME opens a branch in Oslo on Friday"


async def ask(story: Story, *texts: str, artifact: str, explain: bool = False) -> TextPredictions:
    kind = ExplainAsk if explain else Ask
    question = kind(model_id="model_1", account_id="account_1", version="1.0", artifact=artifact, texts=texts)
    reply = await story.gateway.ask(question, within=30)
    assert isinstance(reply, TextPredictions)
    return reply


def explained(*texts: str) -> ExplainAsk:
    return ExplainAsk(model_id="model_1", account_id="account_1", version="1.0", artifact="", texts=texts)


def plainly(*texts: str) -> Ask:
    return Ask(model_id="model_1", account_id="account_1", version="1.0", artifact="", texts=texts)


class Meters:
    """Count nothing."""

    def labelled(self, *, asks: int, texts: int, seconds: float) -> None: ...


class SlowModel:
    """The only version there is: attributions wait until they may go on."""

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self.manifest, self.size, self.token_s = model.manifest, model.size, model.token_s
        self.precision = model.precision
        self.begun, self.goes_on, self.explained = threading.Event(), threading.Event(), 0

    async def get(self, artifact: str) -> TextModel:
        del artifact
        return self

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        return self._model.read(texts)

    def probabilities(self, texts: Sequence[ReadText]) -> Floats:
        return self._model.probabilities(texts)

    def without(self, text: ReadText, kept: NDArray[np.bool_]) -> Floats:
        self.explained += 1
        self.begun.set()
        self.goes_on.wait()
        return self._model.without(text, kept)


@pytest.fixture
def slow(store: Store) -> SlowModel:
    artifacts = Artifacts(store.url)
    return SlowModel(load_text_model(artifacts, keep_small_model(artifacts).sha256))


def small(story: Story, **changes: Any) -> str:
    return keep_small_model(Artifacts(story.store.url), **changes).sha256


async def test_each_text_has_its_label_its_probabilities_and_a_score_of_sentiment(story: Story) -> None:
    artifact = small(story)

    async with story.service():
        told = await ask(story, GOOD, BAD, PLAIN, artifact=artifact)

    assert [each.label for each in told.predictions] == ["positive", "negative", "negative"]  # of equal ones the first
    good, _, plain = told.predictions
    odds = np.exp([-3.0, 0.0, 6.0]) / np.exp([-3.0, 0.0, 6.0]).sum()
    assert good.probabilities == pytest.approx(dict(zip(LABELS, odds, strict=True)))
    assert good.score == pytest.approx(odds[2] - odds[0])
    assert plain.score == pytest.approx(0.0)
    assert (plain.truncated, told.reasons, told.labels) == (False, {}, LABELS)
    assert story.metric("modelbourse_texts_labelled_total") == 3


async def test_a_text_is_answered_alike_alone_and_among_longer_and_shorter_ones(story: Story) -> None:
    artifact = small(story)

    async with story.service():
        alone = await ask(story, GOOD, artifact=artifact)
        many = await asyncio.gather(*(ask(story, "x " * (3 * n + 1), GOOD, BAD, artifact=artifact) for n in range(6)))

    assert {each.predictions[1] for each in map(_plain, many)} == {_plain(alone).predictions[0]}


async def test_contributions_add_up_to_the_answer_and_name_the_words_that_made_it(story: Story) -> None:
    artifact, text = small(story, lowercase=True), "İstanbul: ACME Surges, profit beats"

    async with story.service():
        (told,) = (await ask(story, text, artifact=artifact, explain=True)).predictions

    assert (why := told.attribution) is not None
    assert why.base_value == pytest.approx(1 / 3)
    assert why.base_value + sum(span.contribution for span in why.spans) == pytest.approx(told.probability)
    assert why.additivity_error < 1e-12
    assert [span.text for span in sorted(why.spans, key=lambda span: -span.contribution)][:2] == ["Surges", "beats"]
    assert all(text[span.start : span.end] == span.text for span in why.spans)


def test_what_a_word_contributes_is_its_exact_shapley_value_where_they_are_few(store: Store) -> None:
    artifacts = Artifacts(store.url)
    model = load_text_model(artifacts, keep_small_model(artifacts).sha256)
    (read,) = model.read(["surges misses"])

    (served,) = model.probabilities([read])
    why = attribute(model, read, served=served, evaluations=64)

    known = {pair: model.without(read, np.array([pair]))[0, why.answered] for pair in ((0, 0), (0, 1), (1, 0), (1, 1))}
    first = ((known[1, 0] - known[0, 0]) + (known[1, 1] - known[0, 1])) / 2
    assert why.contributions[0] == pytest.approx(first)
    assert why.standard_error is None


def test_the_words_of_a_long_text_are_explained_in_runs_that_still_add_up(store: Store) -> None:
    artifacts = Artifacts(store.url)
    model = load_text_model(artifacts, keep_small_model(artifacts, max_length=128).sha256)
    (read,) = model.read(["profit beats " * 50])

    (served,) = model.probabilities([read])
    why = attribute(model, read, served=served, evaluations=96)

    assert len(why.spans) == 24
    assert why.standard_error is not None
    assert why.evaluations <= 96
    assert why.base + why.contributions.sum() == pytest.approx(served[why.answered])


@pytest.mark.parametrize("evaluations", [4, 8, 9, 14, 32, 256])
def test_a_model_is_asked_no_more_often_than_there_is_time_for(store: Store, evaluations: int) -> None:
    artifacts = Artifacts(store.url)
    model = load_text_model(artifacts, keep_small_model(artifacts).sha256)
    (read,) = model.read(["profit beats " * 8])

    (served,) = model.probabilities([read])
    why = attribute(model, read, served=served, evaluations=evaluations)

    assert why.evaluations <= evaluations
    assert why.base + why.contributions.sum() == pytest.approx(served[why.answered])


async def test_more_texts_than_a_slow_model_explains_in_time_are_refused_and_one_is_explained_roughly(slow: SlowModel) -> None:
    slow.token_s = 0.2
    slow.goes_on.set()
    explain = ExplainTexts(slow, Meters(), asyncio.Semaphore(1))

    with pytest.raises(InvalidError, match=r"Explaining 3 texts .* send at most 1 at once") as refused:
        await explain(explained(GOOD, BAD, PLAIN))
    told = await explain(explained(PLAIN))

    assert set(refused.value.details) == {"texts"}
    assert (why := told.predictions[0].attribution) is not None
    assert (len(why.spans), why.evaluations) == (2, 3)


async def test_plain_answers_do_not_wait_for_attributions_and_these_end_when_nobody_waits_for_them(slow: SlowModel) -> None:
    meters, explaining = Meters(), asyncio.Semaphore(1)
    explain, predict = ExplainTexts(slow, meters, explaining), PredictTexts(slow, meters, threads=1)
    asked = asyncio.create_task(explain(explained(GOOD, BAD, PLAIN)))
    await asyncio.to_thread(slow.begun.wait)

    (plain,) = await predict([plainly(GOOD)])
    asked.cancel()
    slow.goes_on.set()
    other = await explain(explained(BAD))

    assert isinstance(plain, TextPredictions)
    assert other.predictions[0].attribution is not None
    assert asked.cancelled()
    assert slow.explained == 2  # the text that it was at, and the other's


async def test_a_lexicon_answers_and_is_explained_as_a_network_is(story: Story) -> None:
    artifact = keep_lexicon(Artifacts(story.store.url)).sha256

    async with story.service():
        told = await ask(story, "ACME never misses: its profit at last surges", PLAIN, artifact=artifact, explain=True)

    good, plain = told.predictions
    assert good.label == "positive"
    assert plain.score == pytest.approx(0.0)
    why = good.attribution
    assert why is not None
    assert why.base_value + sum(span.contribution for span in why.spans) == pytest.approx(good.probability)
    parts = {span.text: span.contribution for span in why.spans}
    assert parts["never"] > 0.05 > abs(parts["ACME"])


async def test_a_text_that_is_too_long_is_cut_and_says_so(story: Story) -> None:
    artifact = small(story, max_length=8)

    async with story.service():
        told = await ask(story, f"{PLAIN} {BAD}", BAD, artifact=artifact)

    assert [(each.truncated, each.tokens) for each in told.predictions] == [(True, 8), (False, 6)]
    assert told.predictions[0].score == pytest.approx(0.0)


async def test_probabilities_are_calibrated_by_the_manifests_temperature(story: Story) -> None:
    cold, warm = small(story), small(story, temperature=3.0)

    async with story.service():
        sure = (await ask(story, GOOD, artifact=cold)).predictions[0].probability
        calibrated = (await ask(story, GOOD, artifact=warm)).predictions[0].probability

    assert calibrated == pytest.approx(np.exp(2.0) / np.exp([-1.0, 0.0, 2.0]).sum())
    assert sure > calibrated


async def test_labels_that_are_no_words_of_sentiment_have_no_score_and_the_reason(story: Story) -> None:
    artifact = small(story, labels=("earnings", "merger", "other"))

    async with story.service():
        told = await ask(story, GOOD, artifact=artifact)

    assert told.predictions[0].score is None
    assert "earnings" in told.reasons["score"]


async def test_a_manifest_of_something_else_is_refused_and_others_are_answered(story: Story) -> None:
    artifact, other = small(story), Artifacts(story.store.url).put(b'{"format": "modelbourse-model/2"}').sha256

    async with story.service():
        good, bad = await asyncio.gather(ask(story, GOOD, artifact=artifact), ask(story, GOOD, artifact=other), return_exceptions=True)

    assert isinstance(good, TextPredictions)
    assert isinstance(bad, AskRefusedError)
    assert bad.code == "model_unreadable"


def _plain(told: TextPredictions) -> TextPredictions:
    """Return an answer with numbers as one can compare them: a sum in another order differs in its last digit."""
    rounded = [
        each.model_copy(update={"probabilities": (), "probability": round(each.probability, 9), "score": round(each.score or 0.0, 9)})
        for each in told.predictions
    ]
    return told.model_copy(update={"predictions": tuple(rounded)})
