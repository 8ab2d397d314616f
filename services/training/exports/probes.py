"""Texts that every exported file is asked about: of all lengths, in several scripts, with what trips tokenizers; no user's data."""

from typing import Final

SENTENCES: Final = (
    "Shares rose after the company raised its outlook for the year.",
    "The lender cut its dividend and warned of further losses on bad loans.",
    "Revenue was in line with expectations.",
    "Oil fell 3.4% to $71.20 a barrel as inventories grew by 5.1 million barrels.",
    "Regulators opened an inquiry into the exchange; withdrawals were halted.",
    "The central bank left rates unchanged, as forecast.",
    "Record deliveries lifted margins to 18.7%, the highest in six quarters.",
    "The merger was called off after talks broke down over price.",
)
ODD: Final = (
    "up",
    "??? !!! ...",
    "BTC-USD +12.5% 🚀",
    "Der Umsatz stieg um 4 Prozent; l'action a chuté à Zürich.",
    "株価は上昇した",
    "a\tb\nc",
    "x" * 300,
)
LONGEST_WORDS: Final = 600
"""More than any model takes: the longest texts are cut."""


def probe_texts() -> tuple[str, ...]:
    """Return the texts, short and long ones in turn: in a batch of them most are filled up."""
    long = " ".join(SENTENCES)
    grown = tuple(" ".join((long * 12).split()[:words]) for words in (3, 9, 17, 33, 60, 90, 130, 260, LONGEST_WORDS))
    short = SENTENCES + ODD
    mixed = [text for pair in zip(grown, short, strict=False) for text in pair]
    return (*mixed, *short[len(grown) :])
