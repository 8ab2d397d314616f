"""The LLM itself: whether it answers, and what it has cost."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, Moment


class LlmKeys(Answer):
    """The provider's keys, counted."""

    configured: int = Field(description="How many there are.", examples=[2])
    usable: int = Field(description="How many of them the provider does not hold back.", examples=[2])
    next_usable_in_s: float | None = Field(
        description="When the first that is held back is good again; null where none is.", examples=[None]
    )


class LlmDebug(Answer):
    """What came of a call of the LLM. `test_response` is there where it succeeded; what is said of an error where it did not."""

    client_initialized: bool = Field(description="Whether an LLM is configured.", examples=[True])
    api_key_configured: bool = Field(description="Whether there is a key, or a server that needs none.", examples=[True])
    status: Literal["success", "failed"] = Field(description="Whether it answered.", examples=["success"])
    test_response: str | None = Field(None, description="What it answered.", examples=["SUCCESS"])
    model_used: str | None = Field(None, description="The model that answered, or would be asked.", examples=["gpt-4o-mini"])
    error: str | None = Field(None, description="What went wrong.", examples=["The provider limits all keys."])
    error_type: str | None = Field(None, description="The same in one word.", examples=["exhausted"])
    detail: str | None = Field(
        None, description="The same as `error`: errors of this API have it there.", examples=["All keys are limited."]
    )
    diagnosis: str | None = Field(None, description="What can be done about it.", examples=["API key authentication failed."])
    keys: LlmKeys = Field(description="The keys, counted: none is ever shown.")
    checked_at: Moment = Field(
        description="When it was called: each call costs, so a good one is shown again for ten minutes unless one has failed since, one "
        "that failed until another may be made.",
        examples=[AT],
    )
    age_seconds: float = Field(0.0, description="How long ago that was.", examples=[12.5])


class LlmBudget(Answer):
    """What calls of today (UTC) may cost, and have cost."""

    limit_usd: float = Field(description="The most that they may cost.", examples=[1.0])
    spent_usd: float = Field(description="What they have cost.", examples=[0.48])
    held_usd: float = Field(description="Reserved for calls under way, or that ended without saying what they used.", examples=[0.0])
    left_usd: float = Field(description="What is left.", examples=[0.52])


class LlmCost(Answer):
    """What calls of the LLM have cost, by tokens and a list of prices: the platform's, and those for the caller's account."""

    total_requests: int = Field(description="Calls ever made.", examples=[1250])
    total_tokens: int = Field(description="Tokens sent and received, as far as the provider said.", examples=[450000])
    tokens_in: int = Field(description="Tokens sent.", examples=[400000])
    tokens_out: int = Field(description="Tokens received.", examples=[50000])
    estimated_cost_usd: float = Field(description="What all calls have cost.", examples=[12.5])
    requests_by_model: dict[str, int] = Field(description="Calls by model.", examples=[{"gpt-4o-mini": 1250}])
    requests_today: int = Field(description="Calls of today (UTC).", examples=[48])
    cost_today_usd: float = Field(description="What they have cost.", examples=[0.48])
    average_cost_per_request: float | None = Field(description="Cost / calls; null where there were none.", examples=[0.01])
    configured: bool = Field(description="Whether an LLM is configured.", examples=[True])
    available: bool = Field(description="Whether one could be called now.", examples=[True])
    budget: LlmBudget = Field(description="Today's, of the platform.")
    account_budget: LlmBudget | None = Field(description="Today's, of the caller's account; null without a credential.")
    account_requests: int | None = Field(
        description="Calls for the caller's account in 400 days; null without a credential.", examples=[12]
    )
    account_cost_usd: float | None = Field(description="What they have cost; null without a credential.", examples=[0.12])
    reasons: dict[str, str] = REASONS
