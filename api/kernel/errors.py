"""What services raise; `problems` turns each into an RFC 9457 answer."""

from collections.abc import Sequence

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with the input: a JSON pointer (RFC 6901) and what to do about it."""

    pointer: str
    detail: str


class DomainError(Exception):
    """A refusal the client can understand. The transaction is rolled back."""

    status_code = 400
    title = "Bad request"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(DomainError):
    """The input is well-formed but wrong; every error is listed."""

    status_code = 422
    title = "Invalid input"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} field(s) need correction.")
        self.errors = list(errors)


class NotSignedIn(DomainError):
    status_code = 401
    title = "Not signed in"


class Forbidden(DomainError):
    status_code = 403
    title = "Not allowed"


class NotFound(DomainError):
    """Also raised for what exists but belongs to somebody else."""

    status_code = 404
    title = "Not found"


class Conflict(DomainError):
    status_code = 409
    title = "Conflict"


class Incomplete(Conflict):
    """Something has to be known first; `missing` names it."""

    title = "Something is missing"

    def __init__(self, detail: str, missing: Sequence[str]) -> None:
        super().__init__(detail)
        self.missing = list(missing)


class BrokenRule(msgspec.Struct, frozen=True):
    """A rule that stands against what is asked, by its code; some can be overridden."""

    rule: str
    detail: str
    overridable: bool


class RulesBroken(Conflict):
    """`rules` lists all that stand against it."""

    title = "Rules stand against it"

    def __init__(self, detail: str, rules: Sequence[BrokenRule]) -> None:
        super().__init__(detail)
        self.rules = list(rules)


class TransitionRefused(Conflict):
    """A state machine said no; `allowed` names what it would accept now."""

    title = "Transition refused"

    def __init__(self, detail: str, allowed: Sequence[str]) -> None:
        super().__init__(detail)
        self.allowed = sorted(allowed)


class NotNow(DomainError):
    """Later it may be possible; `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooMany(NotNow):
    """A limit was passed."""

    status_code = 429
    title = "Too many requests"


class Unavailable(NotNow):
    """Somebody whom we need for this does not answer."""

    status_code = 503
    title = "Not available now"
