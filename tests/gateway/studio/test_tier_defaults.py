"""The limits that every tier has by default agree with what requests and runners can take."""

from datetime import timedelta

from libs.contracts.training_config import CheckedConfig
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from services.gateway.domain.jobs.estimate import MARGIN
from services.training.settings import Settings


def test_no_tier_is_told_that_it_may_have_what_a_request_may_not_say() -> None:
    largest = {limit: max(tiers.values()) for limit, tiers in DEFAULTS.items()}
    config = {"symbols": [f"S{number}" for number in range(largest[Limit.SYMBOLS])], "num_workers": largest[Limit.WORKERS]}

    assert CheckedConfig.model_validate(config).num_workers == largest[Limit.WORKERS]


def test_the_longest_job_that_a_tier_may_start_has_the_time_that_is_set_aside_for_it() -> None:
    for tier in Tier:
        assert DEFAULTS[Limit.CLOCK][tier] >= MARGIN * DEFAULTS[Limit.HOURS][tier]
    assert Settings.model_fields["wall_time"].default >= timedelta(hours=max(DEFAULTS[Limit.CLOCK].values()))
