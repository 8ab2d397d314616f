"""What tokens cost: list prices in dollars for a million, and amounts in whole billionths of a dollar."""

from typing import Final

NANO: Final = 1_000_000_000
# In and out, for a million tokens, as OpenAI's list had them (https://openai.com/api/pricing); INFERENCE_LLM_PRICES adds and replaces.
LIST_PRICES: Final[dict[str, tuple[float, float]]] = {
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
    "o4-mini": (1.10, 4.40),
}


def cost_of(tokens_in: int, tokens_out: int, *, price: tuple[float, float]) -> int:
    """Return what tokens cost, in billionths of a dollar, rounded up: a dollar for a million is a thousand billionths for one."""
    exact = tokens_in * round(price[0] * 1_000_000) + tokens_out * round(price[1] * 1_000_000)
    return -(-exact // 1_000)


def nano(usd: float) -> int:
    """Return dollars in billionths."""
    return round(usd * NANO)


def usd(amount: int) -> float:
    """Return billionths in dollars."""
    return amount / NANO
