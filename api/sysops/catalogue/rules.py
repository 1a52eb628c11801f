"""What the catalogue accepts. Pure."""

from collections.abc import Collection, Sequence

from api.kernel.errors import FieldError

CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_CODE = 40
SHORTEST_MINUTES = 15
LONGEST_MINUTES = 120
"""A visit fits one arrival window; more work is a follow-up visit."""
HIGHEST_LEVEL = 5


def listing_errors(
    codes: Sequence[str], known: Collection[str], pointer: str, what: str, *, within: str = ""
) -> list[FieldError]:
    """Codes that do not exist or stand there twice; `within` ends the pointer of each."""
    errors = []
    for index, code in enumerate(codes):
        at = f"{pointer}/{index}{within}"
        if code not in known:
            errors.append(FieldError(at, f"There is no such {what}."))
        elif code in codes[:index]:
            errors.append(FieldError(at, f"This {what} is listed already."))
    return errors
