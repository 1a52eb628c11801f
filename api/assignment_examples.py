"""Examples of assignment runs and their decisions, beside those of `api.examples`."""

from typing import Any, Final

_PROVEN = (
    "Proven: no choice serves more tickets of any priority without serving fewer of a higher one,"
    " and none that serves as many costs less."
)
_WHEN = "Tuesday, December 1, 9:00 AM to 11:00 AM CST"
_CHOSEN = (
    f"Eve Moss was chosen to come {_WHEN}, 12 km by road from home: the best of 12 suitable experts"
    " for all open tickets together."
)
_ALTERNATIVE = (
    f"Ann Moe lives 3.0 km nearer, but {_WHEN} went to ticket 100123 (urgent); to give it to this"
    " ticket would cost at least 41 cost units more in total."
)
_ANSWER = "Eve Moss has to answer until Monday, November 30, 4:10 PM CST."

ASSIGNMENT: Final[dict[str, Any]] = {
    **{f"{struct}.policy": "balanced/1" for struct in ("RunBrief", "RunLine")},
    **{f"{struct}.status": "finished" for struct in ("RunBrief", "RunLine")},
    "ServedView.served": 3,
    "ServedView.tickets": 3,
    "TermCost.term": "travel",
    "TermCost.cost": 124,
    "RuleCount.rule": "skill",
    "RuleCount.experts": 180,
    "PhaseSeconds.phase": "solve",
    "PhaseSeconds.seconds": 0.8,
    "RunView.proof": [_PROVEN],
    "RunView.repairs": 0,
    "RunView.windows": 160,
    "RunView.edges": 96,
    "RunLine.tickets": 3,
    "RunLine.assigned": 3,
    "RunLine.skipped": 0,
    "RunLine.objective": 124,
    "Certificate.primal": 124,
    "Certificate.dual": 124,
    "Certificate.unwitnessed": 0,
    "Certificate.improvable": 0,
    "Certificate.unpriced": 0,
    "LeftOut.pairs": 1_248,
    "LeftOut.added": 0,
    "LeftOut.serving": 0,
    "LeftOut.cost": 0,
    "AlternativeView.needed_for": "urgent",
    "AlternativeView.words": _ALTERNATIVE,
    "Explanation.alternatives": [
        {
            "expert_id": "01998d5c-7a3e-7c51-9f0e-3b1d5a7c9e22",
            "expert_name": "Ann Moe",
            "window": {"start": "2026-12-01T15:00:00Z", "end": "2026-12-01T17:00:00Z"},
            "travel_km": 9.4,
            "cost": 94,
            "more": 41,
            "needed_for": None,
            "day_is_full": False,
            "taken_by": "01998d5c-7a3e-7c51-9f0e-3b1d5a7c9e33",
            "taken_by_number": 100_123,
            "words": _ALTERNATIVE,
        }
    ],
    "DecisionView.cost": 124,
    "DecisionView.candidates": 12,
    "Explanation.status": "assigned",
    "Explanation.served": True,
    "Explanation.why": [_CHOSEN],
    "Explanation.since": [_ANSWER],
    "Explanation.now": [],
    "Explanation.sentences": [_CHOSEN, _ALTERNATIVE, _ANSWER],
}
