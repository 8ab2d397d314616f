"""Reading what every kind of prediction is asked with: the symbols, and keys that are near a known one."""

from collections.abc import Iterable
from typing import Any, Final

from libs.contracts.names import did_you_mean
from libs.contracts.problems import MOST
from libs.market.catalogue import typo_of
from services.gateway.domain.ranges import SYMBOLS_MOST

SYMBOL_LONGEST: Final = 40


def symbol_problems(symbols: Any) -> dict[str, list[str]]:
    """Return what is wrong with a list of symbols; on every prediction's way, so that it costs next to nothing when all is well."""
    if type(symbols) is not list or not 1 <= len(symbols) <= SYMBOLS_MOST:
        return {"symbols": [f"Must be a list of 1 to {SYMBOLS_MOST} symbols."]}
    if not all(type(symbol) is str and 1 <= len(symbol) <= SYMBOL_LONGEST and symbol.isprintable() for symbol in symbols):
        return {"symbols": [f"Each symbol must be a string of 1 to {SYMBOL_LONGEST} visible characters."]}
    if len(set(symbols)) != len(symbols):
        return {"symbols": ["Symbols must not repeat."]}
    # Also where its features are given: whoever asks for a symbol that there is not means another one.
    typos = [typo.message for symbol in symbols if (typo := typo_of(symbol))]
    return {"symbols": typos} if typos else {}


def near_misses(given: Iterable[str], *, known: Iterable[str]) -> dict[str, list[str]]:
    """Refuse what is near a known name: it is a typo that would change the answer. Others are ignored, and after so many nobody looks."""
    names = set(known)
    hints = ((name[:SYMBOL_LONGEST], did_you_mean(name, names)) for name in [name for name in given if name not in names][:MOST])
    return {name: [f"Unknown field '{name}'.{hint}"] for name, hint in hints if hint}
