"""Examples of the names that the API of policies, their backtests and holidays speaks of."""

from typing import Any, Final

POLICIES: Final[dict[str, Any]] = {
    **{
        f"{struct}.{name}": example
        for struct in ("PolicyView", "PolicyLine", "PolicyInUse", "PolicyChoice")
        for name, example in (("name", "balanced"), ("version", 1), ("version_in_use", 1))
    },
    **{
        f"{struct}.note": "Fuel is dear this winter."
        for struct in ("PolicyBody", "PolicyVersionView", "PolicyLine", "PolicyInUse")
    },
    "ByPriority.urgent": 240,
    "ByPriority.high": 120,
    "ByPriority.normal": 60,
    "ByPriority.low": 30,
    "field": "per_km",
    "meaning": "Cost units for each kilometre by road from the expert's home.",
    "least": 0,
    "most": 10_000,
    "Term.default": 10,
    "PolicyVersionView.version": 1,
    "policy_a": "balanced/1",
    "policy_b": "least-travel/1",
    "BacktestDay.day": "2026-11-19",
    "ComparedPolicies.first_day": "2026-11-13",
    "ComparedPolicies.last_day": "2026-11-19",
    "ComparedPolicies.days": 7,
    "Figures.tickets": 90,
    "Figures.travel_km": 1_400.0,
    "served": 88,
    "sla_met": 85,
    "late": 4,
    "late_hours": 30.5,
    "unfairness": 0.67,
    "reassignments": 5,
    "BacktestDay.difference": {"served": 0, "travel_km": -21.5},
    "seed": 1,
    "measure": "travel_km",
    "Compared.meaning": "Kilometres by road from the experts' homes to the visits.",
    "unit": "km",
    "better": "less",
    "mean_a": 1_400.0,
    "mean_b": 1_378.5,
    "Compared.difference": -21.5,
    "share": -0.015357,
    "low": -30.2,
    "high": -12.8,
    "verdict": "less",
    "assumptions": ["Every contract entitles to a visit, and nobody chooses by hand."],
    **{
        f"{struct}.name": "Christmas Day"
        for struct in ("HolidayBody", "HolidayView", "HolidayAdded")
    },
    **{
        f"{struct}.day": "2026-12-25"
        for struct in ("HolidayBody", "HolidayView", "HolidayAdded", "HolidayPreview")
    },
    "called_off": 3,
}
