"""How long a text message is, as carriers count it, and how to keep it from costing double.

The alphabet is that of 3GPP TS 23.038, section 6.2.1; lengths are those of 3GPP TS 23.040: 160
characters in one segment, 153 in each of several. One character outside of the alphabet makes the
whole message UCS-2: 70 characters, or 67 in each of several.
"""

import unicodedata

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each takes two places.
EXTENDED = frozenset("\f^{}\\[~]|€")
# What typesetting puts in place of plain signs.
PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})


def folded(text: str) -> str:
    """The text with signs of the alphabet where that leaves it readable: `á` becomes `a`.

    What has no such form stays as it is: a name in another script is better long than wrong.
    """
    return "".join(map(_folded, text.translate(PLAIN)))


def segments(text: str) -> int:
    """Parts that a text message is sent and charged in."""
    if set(text) <= ALPHABET | EXTENDED:
        length = len(text) + sum(sign in EXTENDED for sign in text)
        return _parts(length, 160, 153)
    return _parts(len(text.encode("utf-16-be")) // 2, 70, 67)


def _parts(length: int, alone: int, each: int) -> int:
    return 1 if length <= alone else -(-length // each)


def _folded(sign: str) -> str:
    if sign in ALPHABET or sign in EXTENDED:
        return sign
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)
    )
    return plain if plain and set(plain) <= ALPHABET else sign
