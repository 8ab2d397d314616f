"""How far each prediction can be trusted, said beside it; and the answer withheld where its model abstains."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from libs.contracts.inference import ABSTAIN
from services.inference.domain.abstaining import MADE_AT_UNKNOWN, NOT_MEASURED, AbstainRule

DAY_S: Final = 86_400


def add_trust(
    predictions: Sequence[dict[str, Any]],
    *,
    quality: Sequence[float],
    made_at: Sequence[datetime | None],
    rule: AbstainRule | None,
    moment: datetime,
) -> None:
    """Fill in quality, the version's age and the reasons for what is not known; where `rule` applies, withhold the answer.

    `quality` is NaN where it is not known; `moment` is when they are made. All are in the order of the predictions, which have the keys of
    the contract.
    """
    for prediction, known, made in zip(predictions, quality, made_at, strict=True):
        if math.isnan(known):
            prediction["reasons"]["quality"] = NOT_MEASURED
        else:
            prediction["quality"] = known
        if made is None:
            prediction["reasons"]["model_age_days"] = MADE_AT_UNKNOWN
        else:
            prediction["model_age_days"] = round(max(0.0, (moment - made).total_seconds()) / DAY_S, 4)
        if rule:
            _judge(prediction, rule)


def withheld(rule: AbstainRule | None, *, quality: float | None, age_bars: int | None, answer: str | float) -> dict[str, Any] | None:
    """Return why an answer is withheld, with the keys of the contract; None where it stands."""
    applied = rule.applied(quality=quality, age_bars=age_bars) if rule else None
    return {"rule": applied[0], "reason": applied[1], "would_have_been": answer} if applied else None


def _judge(prediction: dict[str, Any], rule: AbstainRule) -> None:
    known = {"quality": prediction["quality"], "age_bars": prediction.get("age_bars")}
    if abstained := withheld(rule, answer=prediction["prediction"], **known):
        prediction |= {"prediction": ABSTAIN, "confidence": None, "value": None, "abstained": abstained}
    elif reason := rule.not_applied(**known):
        prediction["reasons"]["abstained"] = reason
