"""What an LLM's verdict must be, as a schema, and how its text is read as one."""

import re
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.contracts.analyses import MarketAnalysis, Risk, RiskAssessment, Share, Signal, Verdict

FENCED: Final = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
PROBLEMS: Final = 5
SIZE: Final = "recommended_position_size"
POSITION: Final = (SIZE, "stop_loss_suggestion", "take_profit_suggestion")


class Said(BaseModel):
    """What is read strictly: no other key, and each key there."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class SaidScore(Said):
    """A strategy's score."""

    strategy: str
    score: Share


class SaidMarket(Said):
    """Trend, levels, volatility and volume."""

    trend_direction: Literal["Bullish", "Bearish", "Neutral"] | None
    trend_strength: Share | None
    support_levels: list[float] = Field(max_length=10)
    resistance_levels: list[float] = Field(max_length=10)
    volatility_level: Risk | None
    volume_analysis: str | None = Field(max_length=500)


class SaidRisk(Said):
    """Risk, size and ends of a position."""

    overall_risk: Risk | None
    technical_risk: Share | None
    market_risk: Share | None
    recommended_position_size: Share | None
    stop_loss_suggestion: float | None
    take_profit_suggestion: float | None


class SaidVerdict(Said):
    """The whole answer."""

    signal: Signal
    confidence: Share
    reasoning: str = Field(min_length=20, max_length=2_000)
    strategy_scores: list[SaidScore] = Field(max_length=20)
    market_analysis: SaidMarket
    risk_assessment: SaidRisk


class UnusableError(ValueError):
    """A text is no verdict; the message says why, for whoever is to write it again."""


# Providers read these of a schema's words, and refuse some of the others.
UNREAD: Final = ("title", "default", "minLength", "maxLength", "maxItems", "minimum", "maximum", "description")


def schema() -> dict[str, Any]:
    """Return the answer's JSON Schema as providers' strict mode takes it: bounds are checked here, whoever takes them there."""
    plain: dict[str, Any] = _without(SaidVerdict.model_json_schema())
    return plain


def read_verdict(text: str, *, technical: Verdict) -> Verdict:
    """Return what a text says. Raise UnusableError where it is no verdict, or scores a strategy that was not asked for.

    What it says nothing of is null here: `completed` fills it in.
    """
    if fenced := FENCED.match(text):
        text = fenced[1]
    body = text[text.find("{") : text.rfind("}") + 1]
    try:
        said = SaidVerdict.model_validate_json(body)
    except ValidationError as error:
        raise UnusableError(_told(error)) from error
    if unknown := sorted({each.strategy for each in said.strategy_scores} - technical.strategy_scores.keys()):
        message = f"strategy_scores names '{unknown[0][:60]}', which was not asked for."
        raise UnusableError(message)
    scores = {each.strategy: each.score for each in said.strategy_scores}
    return Verdict(
        signal=said.signal,
        confidence=said.confidence,
        reasoning=said.reasoning,
        strategy_scores={name: scores.get(name) for name in technical.strategy_scores},
        market_analysis=MarketAnalysis.model_validate(said.market_analysis.model_dump()),
        risk_assessment=RiskAssessment.model_validate(said.risk_assessment.model_dump()),
    )


def completed(verdict: Verdict, *, technical: Verdict) -> Verdict:
    """Return an LLM's verdict with the technical analyst's numbers, prices in the same unit, for what it says nothing of.

    A position is the LLM's own: its stop and target are the rules' only where both have the same signal, and a neutral signal has none of
    it. It may be made smaller than the rule allows, and never larger; without one by the rule there is none.
    """
    rule, risk = technical.risk_assessment, verdict.risk_assessment.model_dump()
    if verdict.signal == "Neutral":
        risk |= dict.fromkeys(POSITION)
    elif verdict.signal == technical.signal:
        risk |= {name: getattr(rule, name) for name in POSITION if risk[name] is None}
    size, most = risk[SIZE], rule.recommended_position_size
    risk[SIZE] = None if size is None or most is None else min(size, most)
    risk |= {name: value for name, value in rule if risk[name] is None and name not in POSITION}
    market = verdict.market_analysis
    given = {name: value for name, value in technical.market_analysis if getattr(market, name) in (None, ())}
    scores = {name: technical.strategy_scores[name] if said is None else said for name, said in verdict.strategy_scores.items()}
    return verdict.model_copy(
        update={
            "strategy_scores": scores,
            "market_analysis": market.model_copy(update=given),
            "risk_assessment": RiskAssessment.model_validate(risk),
        }
    )


def _told(error: ValidationError) -> str:
    """Say what is wrong without repeating what was said."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)[:PROBLEMS]
    return " ".join(f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}." for each in problems)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        # `properties` are names, and no words of the schema.
        return {
            name: ({key: _without(each) for key, each in inner.items()} if name in {"properties", "$defs"} else _without(inner))
            for name, inner in value.items()
            if name not in UNREAD
        }
    return [_without(each) for each in value] if isinstance(value, list) else value
