"""AI Studio's words about the marketplace, subscriptions and webhooks: whatever the platform tells has one."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest

from libs.contracts.listings import AssetClass, Category, ListingState
from libs.contracts.subscriptions import EndReason, Period, SubscriptionState
from services.gateway.domain.webhooks.webhook import DeliveryStatus
from services.gateway.inbound.faces.ai_studio import words

# What is not paid yet, or was never, is no subscription of anybody's.
UNPAID = {SubscriptionState.PENDING, SubscriptionState.DECLINED}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (words.CATEGORY_WORDS, set(Category)),
        (words.ASSET_WORDS, set(AssetClass)),
        (words.LISTING_WORDS, set(ListingState)),
        (words.PERIOD_WORDS, set(Period)),
        (words.SUBSCRIPTION_WORDS, set(SubscriptionState) - UNPAID),
        (words.END_WORDS, set(EndReason)),
        (words.DELIVERY_WORDS, set(DeliveryStatus)),
    ],
)
def test_whatever_is_told_has_a_word_of_its_own(table: Mapping[Enum, Any], told: set[Enum]) -> None:
    assert set(table) == told
    assert len(set(table.values())) == len(told)
