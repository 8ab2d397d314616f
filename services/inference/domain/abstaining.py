"""When a model withholds its answer, by the rule that it was trained with, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

NOT_MEASURED: Final = "The version was trained before quality was measured: train the model again."
MADE_AT_UNKNOWN: Final = "Whoever asked did not say when the version was made."
NO_AGE: Final = "abstain_when.age_bars_above is not applied: the request gave the features, so there is no candle whose age is known."
NO_QUALITY: Final = "abstain_when.quality_below is not applied: the quality is not known."
PAST_DAYS: Final = "abstain_when.age_bars_above is not applied to predictions of past days: each rests on the newest candle of its moment."
Rule = Literal["quality_below", "age_bars_above"]


@dataclass(frozen=True, slots=True)
class AbstainRule:
    """A version's `abstain_when`; None for what it does not ask."""

    quality_below: float | None
    age_bars_above: int | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "AbstainRule | None":
        """Read the rule of a manifest's training_config; None for a version without one."""
        asked = config.get("abstain_when")
        return cls(asked.get("quality_below"), asked.get("age_bars_above")) if asked else None

    def applied(self, *, quality: float | None, age_bars: int | None) -> tuple[Rule, str] | None:
        """Return which part of the rule applies, and the reason in words; None where none does. What is not known never does."""
        if self.quality_below is not None and quality is not None and quality < self.quality_below:
            return "quality_below", (
                f"Its quality is {quality:.4g}, below {self.quality_below:.4g}: so few of the rows that the version was trained on were as "
                "unusual as this one."
            )
        if self.age_bars_above is not None and age_bars is not None and age_bars > self.age_bars_above:
            return "age_bars_above", f"The candle that it rests on is {age_bars} bars old, more than {self.age_bars_above}."
        return None

    def not_applied(self, *, quality: float | None, age_bars: int | None) -> str | None:
        """Return why a part of the rule could not be judged; None where all of it was."""
        if self.quality_below is not None and quality is None:
            return NO_QUALITY
        return NO_AGE if self.age_bars_above is not None and age_bars is None else None
