"""What inference reads from its environment."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from libs.chassis.settings import SharedSettings
from libs.market.pairs import TRACKED
from services.inference.llm_settings import LlmSettings


class Settings(LlmSettings, SharedSettings):
    """INFERENCE_* and what all services share."""

    model_config = SettingsConfigDict(env_prefix="INFERENCE_", frozen=True)
    made_elsewhere: ClassVar[frozenset[str]] = frozenset({"llm_api_key", "llm_backup_api_keys"})

    models_most: PositiveInt = Field(64, description="Models kept in memory.")
    models_bytes: PositiveInt = Field(1_000_000_000, description="Bytes that the models in memory may take together.")
    text_models_most: PositiveInt = Field(16, description="Models of texts kept in memory.")
    text_models_bytes: PositiveInt = Field(2_000_000_000, description="Bytes that the models of texts in memory may take together.")
    text_threads: PositiveInt = Field(2, description="Threads that answer the texts that wait, side by side; no more than cores.")
    text_precision: Literal["measured", "fp32"] = Field(
        "measured", description="`measured`: a model of texts is served in int8 where its training found it to answer alike; `fp32`: never."
    )
    texts_explained_at_once: PositiveInt = Field(1, description="Asks for attributions of texts that are computed at the same time.")
    ranges_at_once: PositiveInt = Field(2, description="Pages of ranges (explain, batch predict) computed at the same time.")
    log_life: timedelta = Field(timedelta(days=90), description="How long predictions are kept in the log (ISO 8601 duration or seconds).")
    log_waiting_most: PositiveInt = Field(
        100_000, description="Predictions that may wait to be logged; what comes beyond is counted and dropped."
    )
    analysis_life: timedelta = Field(
        timedelta(days=90), description="How long analyses of markets are kept (ISO 8601 duration or seconds)."
    )
    signal_life: timedelta = Field(
        timedelta(days=90), description="How long scores of signals and feedback on them are kept (ISO 8601 duration or seconds)."
    )
    score_every: timedelta = Field(
        timedelta(seconds=30), gt=timedelta(0), le=timedelta(seconds=55), description="How often signals whose horizon is over are scored."
    )
    tracked_symbols: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")], ...], NoDecode] = Field(
        TRACKED,
        # Ten seconds apart, so many fill five minutes.
        max_length=30,
        description="Symbols, 30 at most, that are analysed every five minutes, with commas between; `none`: no periodic analysis.",
    )

    @field_validator("tracked_symbols", mode="before")
    @classmethod
    def _with_commas(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(each.strip() for each in given.split(",") if each.strip() not in {"", "none"})
