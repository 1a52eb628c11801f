"""Why something could not be sent: worth trying again, or not."""

import re

# What may stand in a provider's answer and belongs to a person: addresses and phone numbers.
_PERSONAL = re.compile(r"[^\s<>]+@[^\s<>]+|\+?\d[\d\s().-]{5,}\d")
LONGEST_ANSWER = 300


class SendingFailure(Exception):
    """The provider did not take the message; the text carries no personal data.

    `code` is the provider's own (an SMTP reply code, a Twilio error code), or a word of ours when
    there was no answer. `answer` is what it said, redacted and shortened.
    """

    def __init__(self, code: str, answer: str) -> None:
        self.code = code
        self.answer = redacted(answer)
        super().__init__(f"{code}: {self.answer}")


class TemporaryFailure(SendingFailure):
    """Try again later: no connection, no answer, or a refusal that is not about this message.

    Without an answer the message may have been taken nevertheless.
    """


class PermanentFailure(SendingFailure):
    """This message will never reach this recipient; trying again is no use."""


def redacted(answer: str) -> str:
    """A provider's answer without mail addresses and phone numbers, at most 300 characters."""
    return _PERSONAL.sub("[redacted]", " ".join(answer.split()))[:LONGEST_ANSWER]
