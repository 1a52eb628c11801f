"""The check digit of card numbers."""

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def passes_luhn(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1, annex B)."""
    own, others = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, own)) + sum(_DOUBLED[int(it)] for it in others)) % 10 == 0
