"""What somebody typed into a search field: words, numbers, telephone numbers, e-mail. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from api.kernel.fields import Line

SHORTEST_PART: Final = 4
"""Fewer digits are in too many telephone numbers to look for."""
# How telephone numbers are spaced: digits in each group. Others are numbers beside each other.
_SPACED: Final = frozenset({(3, 3, 4), (3, 4), (3, 7), (1, 3, 3, 4), (1, 3, 7), (1, 10)})
_MOST_GROUPS: Final = 4
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_NUMERIC: Final = re.compile(r"#?[+(]*\d[\d().+/-]*", re.ASCII)
_ZIP_AND_FOUR: Final = re.compile(r"(\d{5})-\d{4}", re.ASCII)
_ENDS: Final = ".,;:!?\"'<>"


class SearchWords(Line):
    """What somebody typed into a search field: two characters or more, at most 200."""

    @classmethod
    def parse(cls, raw: str) -> Self:
        words = super().parse(" ".join(raw.split()))
        if len(words) < 2:
            raise ValueError("Give two characters or more.")
        return words


@dataclass(frozen=True)
class Typed:
    """A text taken apart: each part narrows the search.

    `digits` are numbers of any kind: of a ticket, a house, a ZIP code, the whole or a part of a
    telephone number; `mails` are addresses or parts of them; `words` is all the rest.
    """

    words: str = ""
    digits: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """What may be the number of a ticket."""
        return [int(one) for one in self.digits if len(one) < 19]


def take_apart(text: str) -> Typed:
    """Telephone numbers are known in any notation, also a part of them."""
    words: list[str] = []
    digits: list[str] = []
    mails: list[str] = []
    run: list[str] = []
    for token in [*_plain(text).split(), ""]:
        plain = token.strip(_ENDS)
        if _NUMERIC.fullmatch(plain):
            run.append(plain)
            continue
        digits += _numbers(run)
        run = []
        if "@" in plain.strip("@"):
            mails.append(plain.lower())
        elif token:
            words.append(token)
    return Typed(" ".join(words), tuple(dict.fromkeys(digits)), tuple(dict.fromkeys(mails)))


def _plain(text: str) -> str:
    """Numbers are pasted with dashes of all kinds, and invisible signs of direction around them."""
    kinds = [(sign, unicodedata.category(sign)) for sign in unicodedata.normalize("NFKC", text)]
    return "".join("-" if kind == "Pd" else sign for sign, kind in kinds if kind != "Cf")


def _numbers(run: Sequence[str]) -> list[str]:
    """The numbers in tokens of digits that stand beside each other."""
    found: list[str] = []
    start = 0
    while start < len(run):
        for end in range(min(len(run), start + _MOST_GROUPS), start, -1):
            phone = _phone(run[start:end])
            if phone is not None:
                found.append(phone)
                break
        else:
            end = start + 1
            zip_code = _ZIP_AND_FOUR.fullmatch(run[start])
            found += [zip_code[1]] if zip_code else _DIGITS.findall(run[start])
        start = end
    return found


def _phone(tokens: Sequence[str]) -> str | None:
    """The digits of a telephone number or of its beginning or end, None when it is none."""
    written = " ".join(tokens)
    groups = _DIGITS.findall(written)
    sizes, joined = tuple(map(len, groups)), "".join(groups)
    if sizes in _SPACED:
        return joined
    international = written.startswith("+") and 7 <= len(joined) <= 15
    # 512-555 or (512) 555: somebody is still typing.
    begun = sizes == (3, 3) and any(sign in written for sign in "()-./")
    return joined if international or begun else None
