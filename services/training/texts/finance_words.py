"""Words of market news with their polarity, which a lexicon of everyday words lacks or has the other way round.

Chosen by us, by what a headline with the word says of a company's worth, in the units of VADER: from -4 to 4.
"""

from typing import Final

_WORDS: Final = {
    3.0: "soar soars soared soaring surge surges surged surging skyrocket skyrockets skyrocketed blowout",
    2.5: "beat beats outperform outperforms outperformed rally rallies rallied rallying jump jumps jumped breakthrough bullish",
    2.0: (
        "upgrade upgrades upgraded raise raises raised climb climbs climbed rise rises rose rising gain gains gained growth grows grew "
        "exceed exceeds exceeded rebound rebounds rebounded record profitable buyback buybacks dividend dividends approval approved"
    ),
    1.5: "higher up expands expanded expansion accelerates accelerated tops topped topping robust resilient recovery recovers recovered",
    -1.5: "lower down slips slipped eases eased softens softened weak weaker weakness sluggish delays delayed cautious headwinds volatile",
    -2.0: (
        "downgrade downgrades downgraded cut cuts fall falls fell falling drop drops dropped decline declines declined miss misses missed "
        "shortfall slowdown writedown impairment layoffs recall recalls recalled dilution outflow outflows probe probes"
    ),
    -2.5: "loss losses slump slumps slumped tumble tumbles tumbled sink sinks sank slash slashes slashed underperform selloff bearish",
    -3.0: "plunge plunges plunged plunging crash crashes crashed collapse collapses collapsed plummet plummets plummeted lawsuit subpoena",
    -3.5: "default defaults defaulted bankruptcy bankrupt insolvency insolvent fraud delisting delisted",
    # Everyday feelings that say nothing here.
    0.0: "share shares interest credit credits trust value vice united gross bank free security securities capital",
}
POLARITY: Final = {word: value for value, words in _WORDS.items() for word in words.split()}
