"""Inference labels texts, and tells what each word contributed."""

import asyncio
from typing import Any

import numpy as np
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.text_predictions import PredictTexts, TextPredictions
from libs.texts.serving.attributions import attribute, explained
from libs.texts.serving.loading import load_text_model
from tests.inference.conftest import Store, Story
from tests.texts.small_models import LABELS, keep_lexicon, keep_small_model

GOOD, BAD, PLAIN = "ACME surges as profit beats", "ACME plunges", "ACME opens a branch in Oslo on Friday"


async def ask(story: Story, *texts: str, artifact: str, explain: bool = False) -> TextPredictions:
    question = PredictTexts(model_id="model_1", account_id="account_1", version="1.0", artifact=artifact, texts=texts, explain=explain)
    reply = await story.gateway.ask(question, within=30)
    assert isinstance(reply, TextPredictions)
    return reply


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


def test_where_time_is_short_fewer_parts_are_told_apart_and_the_longest_texts_have_none(store: Store) -> None:
    artifacts = Artifacts(store.url)
    model = load_text_model(artifacts, keep_small_model(artifacts, max_length=128).sha256)
    read = model.read(["profit beats " * 50, "surges misses", ""])
    served = model.probabilities(read)
    model.token_s = 0.01  # As on a slow network.

    coarse = explained(model, read, served=served, budget_s=14.0)
    short = explained(model, read, served=served, budget_s=1.0)
    none = explained(model, read, served=served, budget_s=0.0)

    assert [None if each is None else (len(each.spans), each.evaluations) for each in coarse] == [(4, 11), (2, 3), (0, 0)]
    assert [each is None for each in short] == [True, False, False]
    assert none[0] is none[1] is None


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
