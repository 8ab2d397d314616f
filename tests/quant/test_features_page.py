"""The page of features says what the grammar says."""

import re

from libs.quant.features_page import features_page
from libs.quant.grammar import FAMILIES, feature_names, parse_feature


def test_the_page_has_a_row_for_each_feature_and_every_spelling() -> None:
    page = features_page()

    assert tuple(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)) == feature_names()
    assert all(f"`{spelling}`" in page for family in FAMILIES.values() for spelling in family.spellings)


def test_the_names_that_explain_the_grammar_mean_what_the_page_says() -> None:
    introduction = features_page().partition("\n## ")[0]

    alike = [("macd_signal", "macd_signal_12", "macd_signal_12_26_9"), ("volume_ma_20_ratio", "volume_ma_ratio_20")]

    assert all(f"`{name}`" in introduction for names in alike for name in names)
    assert [len({parse_feature(name).canonical for name in names}) for names in alike] == [1, 1]
    assert dict(parse_feature("rsi_14").parameters) == {"window": 14}
