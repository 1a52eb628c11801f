"""Two policies on past days: asked of the sysops API, and said in plain words."""

from collections.abc import Sequence
from typing import Final

from dashboards.asking import Json, ask
from dashboards.settings import settings

_MISSING: Final = "There is no such policy. Choose another one."
LABELS: Final = {
    "served": "Tickets served",
    "sla_met": "Served in time",
    "late": "Tickets late",
    "late_hours": "Hours late",
    "travel_km": "Travel",
    "unfairness": "Unevenness of load",
    "reassignments": "Refused proposals",
}
# What B does, for more and for less, and of what the figure is.
_SENTENCES: Final = {
    "served": ("serves {} more tickets", "serves {} fewer tickets", "a day"),
    "sla_met": ("serves {} more tickets in time", "serves {} fewer tickets in time", "a day"),
    "late": ("has {} more tickets late", "has {} fewer tickets late", "a day"),
    "late_hours": ("is late by {} more", "is late by {} less", "a day, all tickets together"),
    "travel_km": ("drives {} more", "drives {} less", "a day"),
    "unfairness": ("spreads visits less evenly, by {}", "spreads visits more evenly, by {}",
                   "of the Gini coefficient"),
    "reassignments": ("has {} more proposals refused", "has {} fewer proposals refused", "a day"),
}  # fmt: skip
_UNITS: Final = {"hours": "h", "km": "km"}


def policies(token: str) -> list[str]:
    """The newest version of each policy, as name/version."""
    path = "/sysops/assignment/policies"
    found: Json = ask(settings().sysops_api_url, path, token, missing=_MISSING)
    return [f"{it['name']}/{it['version']}" for it in found["policies"]]


def compared(token: str, a: str | None = None, b: str | None = None) -> Json:
    """The days of two policies with their summary; without names those usually compared."""
    params = {name: it for name, it in (("policy_a", a), ("policy_b", b)) if it}
    path = "/sysops/assignment/backtests"
    found: Json = ask(settings().sysops_api_url, path, token, missing=_MISSING, params=params)
    return found


def number(value: float | None, unit: str, *, signed: bool = False) -> str:
    """A figure with its unit, as people read it."""
    if value is None:
        return "–"
    places = 3 if unit == "gini" else 0 if abs(value) >= 100 else 1
    # What rounds to nothing has no sign.
    rounded = round(value, places) or 0.0
    words = f"{rounded:+,.{places}f}" if signed and rounded else f"{rounded:,.{places}f}"
    return f"{words} {_UNITS[unit]}" if unit in _UNITS else words


def in_words(found: Json) -> list[str]:
    """What the days say, a sentence a thing that is sure, then what is not, then what is alike."""
    days, b = len(found["days"]), found["policy_b"]
    sure = [_sentence(it, b) for it in found["summary"] if it["verdict"] in {"more", "less"}]
    said = list(sure)
    for verdict, words in (
        ("chance", f"With {days} days, what differs in {{}} may be chance."),
        ("one_day", "One day alone says nothing of chance: {} differ. Replay more days."),
        ("same", "No difference at all in {}."),
    ):
        names = [LABELS[it["measure"]] for it in found["summary"] if it["verdict"] == verdict]
        if names:
            said.append(words.format(_listed([name[0].lower() + name[1:] for name in names])))
    return said


def _sentence(line: Json, b: str) -> str:
    more, less, after = _SENTENCES[line["measure"]]
    low, high = sorted((abs(line["low"]), abs(line["high"])))
    size, unit = number(abs(line["difference"]), line["unit"]), line["unit"]
    share = f" ({abs(line['share']):.1%})".replace("%", " %") if line["share"] else ""
    what = (more if line["verdict"] == "more" else less).format(f"**{size}**{share}")
    good = "better" if line["verdict"] == line["better"] else "worse"
    least = number(low, unit).removesuffix(_UNITS.get(unit, "")).strip()
    bounds = f"between {least} and {number(high, unit)}"
    return f"{b} {what} {after}: {good}; with 95 % confidence {bounds}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def verdict(line: Json) -> str:
    """Whether a difference is better or worse, or may be chance."""
    if line["verdict"] in {"more", "less"}:
        return "Better" if line["verdict"] == line["better"] else "Worse"
    return {"chance": "May be chance", "same": "No difference", "one_day": "One day only"}[
        line["verdict"]
    ]
