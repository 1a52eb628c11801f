"""Why a ticket got its expert, or none: in words, from the run's own counts. Pure."""

from collections.abc import Mapping

RULES = {
    "excluded": "rejected it or stayed silent",
    "skill": "lack the skill or its level",
    "certificate_expired": "have an expired certificate",
    "radius": "live too far away",
    "no_free_window": "have no free window that suits, or as many visits as they take",
}
"""What each hard rule says of the experts it takes out."""


def reason_unserved(removed: Mapping[str, int], candidates: int) -> str:
    """Why nobody comes, for a ticket with `candidates` experts left by the hard rules."""
    out = "; ".join(f"{removed[rule]} {words}" for rule, words in RULES.items() if removed[rule])
    if candidates:
        took = "went to more important or better placed tickets"
        return f"Every free window of the {candidates} suitable expert(s) {took}."
    return f"No expert can come: {out}." if out else "There is no active expert."


def reason_served(candidates: int, km: float) -> str:
    """Why this expert: the choice that serves most, by priority, at the least total cost."""
    return f"Best of {candidates} suitable expert(s) for all open tickets together, {km:.1f} km."
