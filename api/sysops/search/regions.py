"""The regions of the US Census Bureau, and the states in each: as reports group them."""

from collections.abc import Mapping
from typing import Final, Literal

Region = Literal["Midwest", "Northeast", "South", "Territories", "West"]

_STATES: Final[Mapping[Region, str]] = {
    "Midwest": "IA IL IN KS MI MN MO ND NE OH SD WI",
    "Northeast": "CT MA ME NH NJ NY PA RI VT",
    "South": "AL AR DC DE FL GA KY LA MD MS NC OK SC TN TX VA WV",
    "Territories": "AS GU MP PR VI",
    "West": "AK AZ CA CO HI ID MT NM NV OR UT WA WY",
}
STATES: Final[Mapping[Region, frozenset[str]]] = {
    region: frozenset(states.split()) for region, states in _STATES.items()
}
