"""Near-duplicates are found, and splits are stratified without parting them."""

import random
from collections import Counter

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.texts.near import exact_groups, joined_groups, named_groups, near_groups
from libs.texts.splitting import crossing, folds, split

STORY = "the central bank raised its key rate by a quarter point on thursday and said that further steps depend on prices and wages"
SHARES = (0.7, 0.15, 0.15)


def test_reprints_are_near_duplicates_and_stories_of_one_pattern_are_not() -> None:
    texts = [
        STORY,
        STORY.upper() + "!",
        "UPDATE 1- " + STORY,
        STORY.replace("quarter", "half"),
        "Apple posts record profit on Monday",
        "Tesla posts record profit on Monday",
        "",
        "",
        "up",
        "down",
    ]

    near, exact = near_groups(texts), exact_groups(texts)

    assert near.tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]
    assert exact.tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_stories_of_one_pattern_are_not_all_compared_with_each_other() -> None:
    words = STORY.split()
    # Each differs from each other one in a word of 22: alike by 0.74, which bands often take for near.
    texts = [" ".join([*words[:5], f"name{place}", *words[6:11], f"town{place}", *words[12:]]) for place in range(600)]

    assert len(set(near_groups([*texts, texts[300] + " too"]).tolist())) == 600


def test_groups_join_what_either_of_two_links() -> None:
    by_text, by_name = np.array([0, 0, 1, 2, 3]), named_groups(["a", "", "a", "b", ""])

    assert joined_groups(by_text, by_name).tolist() == [0, 0, 0, 1, 2]


def test_each_side_has_each_labels_share_and_no_group_is_parted() -> None:
    chance = random.Random(7)
    labels = chance.choices(["positive", "neutral", "negative"], weights=[6, 3, 1], k=3_000)
    groups = np.array([chance.randrange(400) if chance.random() < 0.3 else 1_000 + row for row in range(3_000)])

    sides = split(labels, shares=SHARES, seed=1, groups=groups)

    assert sorted(np.concatenate(sides).tolist()) == list(range(3_000))
    assert len(crossing(groups, sides=sides)) == 0
    whole = Counter(labels)
    for share, rows in zip(SHARES, sides, strict=True):
        for label, count in Counter(labels[row] for row in rows).items():
            assert abs(count - share * whole[label]) <= 2
    assert [rows.tolist() for rows in split(labels, shares=SHARES, seed=1, groups=groups)] == [rows.tolist() for rows in sides]
    assert [rows.tolist() for rows in split(labels, shares=SHARES, seed=2, groups=groups)] != [rows.tolist() for rows in sides]


def test_a_split_at_random_parts_what_belongs_together() -> None:
    groups = np.repeat(np.arange(200), 2)

    assert len(crossing(groups, sides=split(["a"] * 400, shares=(0.8, 0.2), seed=1))) > 0


def test_a_label_of_few_rows_is_on_every_side_that_it_can_be_on() -> None:
    sides = split(["a"] * 40 + ["b"] * 3 + ["c"], shares=SHARES, seed=3)

    assert [sorted({(["a"] * 40 + ["b"] * 3 + ["c"])[row] for row in rows} - {"c"}) for rows in sides] == [["a", "b"]] * 3
    assert 43 in sides[0]


def test_folds_are_of_about_one_size() -> None:
    assert sorted(len(rows) for rows in folds(["a"] * 50 + ["b"] * 53, count=5, seed=1)) == [20, 20, 21, 21, 21]


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.5, -0.5), (float("nan"), 1.0), ()])
def test_shares_that_are_none_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidError, match="add up to 1"):
        split(["a", "b"], shares=shares, seed=1)
