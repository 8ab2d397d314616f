"""The settings of inference's LLM."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import AliasChoices, BaseModel, Field, NonNegativeFloat, PositiveInt, field_validator, model_validator
from pydantic_settings import NoDecode

from libs.contracts.names import nearest, suggestion
from services.inference.domain.llm_prices import LIST_PRICES

OPENAI: Final = "https://api.openai.com/v1"
BY_TIER: Final[Mapping[str, float]] = {"anonymous": 0.05, "free": 0.05, "pro": 0.25, "elite": 1.0, "platform": 0.5}
Price = tuple[NonNegativeFloat, NonNegativeFloat]


class LlmSettings(BaseModel):
    """What is set of an LLM; all names carry INFERENCE_LLM_."""

    llm_base_url: str = Field(
        OPENAI, pattern=r"^https?://[^\s?#]+$", description="Where chat completions are, of any server that speaks OpenAI's protocol."
    )
    llm_model: str = Field("gpt-4o-mini", min_length=1, max_length=100, description="The model that is asked.")
    llm_api_key: str | None = Field(
        None,
        repr=False,
        validation_alias=AliasChoices("INFERENCE_LLM_API_KEY", "OPENAI_API_KEY"),
        description="The provider's key, also as OPENAI_API_KEY. Without one, and without an INFERENCE_LLM_BASE_URL of one's own (a server"
        " that needs no key), no LLM is asked: the technical analyst answers.",
    )
    llm_backup_api_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        repr=False,
        validation_alias=AliasChoices("INFERENCE_LLM_BACKUP_API_KEYS", "OPENAI_BACKUP_API_KEYS"),
        description="Further keys, separated by commas, used in their order while the provider limits or refuses those before them; also as"
        " OPENAI_BACKUP_API_KEYS.",
    )
    llm_every: timedelta = Field(
        timedelta(seconds=20),
        ge=timedelta(0),
        le=timedelta(hours=1),
        description="The shortest time between two calls of all replicas together.",
    )
    llm_timeout: timedelta = Field(
        timedelta(seconds=20), gt=timedelta(0), le=timedelta(minutes=2), description="How long one call may take."
    )
    llm_within: timedelta = Field(
        timedelta(seconds=45),
        gt=timedelta(0),
        le=timedelta(seconds=50),
        description="How long an LLM is waited for in all: turns, tries with further keys, a repair and a masked answer included; then the "
        "technical analyst answers, or the chat with passages.",
    )
    llm_waiting_most: PositiveInt = Field(
        10,
        le=1_000,
        description="How many calls of one account may wait for their turn; who asks for another is refused (429), with its place in the "
        "queue and when to come back. Callers without a credential are answered by rules instead.",
    )
    llm_probe_kept: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="How long a good call of `/debug/gpt4` is shown again, unless a call has failed since: each probe costs a call. One "
        "that failed is shown for INFERENCE_LLM_EVERY.",
    )
    llm_tokens_most: PositiveInt = Field(1_200, le=16_000, description="The most tokens of an answer.")
    llm_budget_usd_per_day: float = Field(
        1.0, ge=0, description="The most that all calls of a day (UTC) may cost together, in US dollars; 0 for no calls."
    )
    llm_budget_usd_by_tier: dict[str, NonNegativeFloat] = Field(
        default_factory=dict,
        validate_default=True,
        description="The most that an account's calls of a day may cost, JSON by tier: "
        '`{"free": 0.05, "pro": 0.25, "elite": 1.0}`; `anonymous` is for all callers without a credential together, `platform` for the '
        "periodic analysis. What is left out keeps its default.",
    )
    llm_prices: dict[str, Price] = Field(
        default_factory=dict,
        description='Prices in US dollars for a million tokens in and out, JSON: `{"my-model": [0.10, 0.40]}`; a model without a price is '
        "not asked. OpenAI's list prices of some models are known.",
    )
    llm_answers_kept: timedelta = Field(
        timedelta(days=90), gt=timedelta(0), description="How long answers are kept, by which an analysis is repeated exactly (`replay`)."
    )

    @property
    def llm_keys(self) -> tuple[str, ...]:
        """All keys, the primary one first; one word where a server of one's own needs none; none where no LLM is configured."""
        keys = tuple(dict.fromkeys(key for key in (self.llm_api_key, *self.llm_backup_api_keys) if key))
        return keys or (("none",) if self.llm_base_url != OPENAI else ())

    @property
    def llm_price(self) -> tuple[float, float]:
        """What the model's tokens cost."""
        return (LIST_PRICES | self.llm_prices)[self.llm_model] if self.llm_keys else (0.0, 0.0)

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        known = LIST_PRICES | self.llm_prices
        if self.llm_keys and self.llm_model not in known:
            near = suggestion(nearest(self.llm_model, known, most=1)).strip()
            hint = f" ({near[0].lower()}{near[1:]})" if near else ""
            message = (
                f"no price is known of the model {self.llm_model}{hint}, so that its calls would have no budget: set INFERENCE_LLM_PRICES"
            )
            raise ValueError(message)
        return self

    @field_validator("llm_backup_api_keys", mode="before")
    @classmethod
    def _read_keys(cls, given: object) -> object:
        return tuple(key.strip() for key in given.split(",") if key.strip()) if isinstance(given, str) else given

    @field_validator("llm_budget_usd_by_tier", mode="after")
    @classmethod
    def _fill_tiers(cls, given: dict[str, float]) -> dict[str, float]:
        if unknown := set(given) - set(BY_TIER):
            message = f"'{min(unknown)}' is not a tier; there are {', '.join(BY_TIER)}"
            raise ValueError(message)
        return {**BY_TIER, **given}
