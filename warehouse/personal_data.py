"""What a value looks like that has no business in the warehouse.

The patterns mean the same in PostgreSQL, in DuckDB (RE2) and in Python, so that landing and
publishing look for the same things. They are strict enough for dates, UUIDs and amounts to pass.
"""

EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
_EDGES = r"(^|[^0-9])({})([^0-9]|$)"
PHONE = _EDGES.format(r"\+[0-9]{10,15}|(\+?1[ .-])?\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4}")
# Four groups of four digits also stand inside a UUID, there after a hexadecimal digit.
_APART = r"(^|[^0-9A-Fa-f-])({})([^0-9A-Fa-f-]|$)"
_GROUPED = _APART.format("[0-9]{4}([ -][0-9]{4}){3}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}")
CARD = f"{_EDGES.format('[0-9]{13,19}')}|{_GROUPED}"

PATTERNS = {"an e-mail address": EMAIL, "a phone number": PHONE, "a card number": CARD}
"""What is looked for, by the words for it."""

ANY = "|".join(f"({pattern})" for pattern in PATTERNS.values())

HINT = "@|[0-9]{3}[ .-][0-9]{4}|[0-9]{10}"
"""Matches whatever `ANY` matches, and a little more, in a fraction of the time."""
