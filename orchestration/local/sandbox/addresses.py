"""Which answer a test recipient gets. Every other well-formed recipient accepts.

Mail, by the part before the @:

| address             | answer                                          |
|---------------------|-------------------------------------------------|
| no-such-user@...    | 550, permanent: no such mailbox                 |
| mailbox-full@...    | 452, temporary: mailbox full                    |

Text messages, Twilio's own test numbers and error codes:

| number              | answer                                          |
|---------------------|-------------------------------------------------|
| +1 500 555 0001     | 400, 21211: not a valid number                  |
| +1 500 555 0002     | 400, 21612: cannot be reached from this sender  |
| +1 500 555 0004     | 400, 21610: the owner has opted out             |
| +1 500 555 0009     | 400, 21614: not a mobile number                 |
| +1 500 555 0010     | taken, later reported undelivered, 30003        |
| +1 500 555 0011     | taken, later reported undelivered, 30006        |
| texted us STOP      | 400, 21610, until it texts START                |
| not E.164           | 400, 21211: not a valid number                  |
"""

import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True)
class SpecialRecipient:
    """A recipient who refuses; `answer` is the text the provider sends after `code`."""

    address: str
    code: int
    answer: str


REFUSING_MAILBOXES = (
    SpecialRecipient("no-such-user", 550, "5.1.1 No such mailbox"),
    SpecialRecipient("mailbox-full", 452, "4.2.2 Mailbox full, try again later"),
)
REFUSING_NUMBERS = (
    SpecialRecipient("+15005550001", 21211, "is not a valid phone number."),
    SpecialRecipient("+15005550002", 21612, "cannot be reached from this sender."),
    SpecialRecipient("+15005550004", 21610, "has unsubscribed from messages of this sender."),
    SpecialRecipient("+15005550009", 21614, "is not a mobile number."),
)

# Taken at first; the report says what became of it.
UNREACHED_NUMBERS = (
    SpecialRecipient("+15005550010", 30003, "unreachable: switched off or out of reach"),
    SpecialRecipient("+15005550011", 30006, "a landline, or a carrier that cannot be reached"),
)
STOPPED = REFUSING_NUMBERS[2]


def mailbox_refusal(address: str) -> SpecialRecipient | None:
    local_part = address.rpartition("@")[0].lower()
    return next((box for box in REFUSING_MAILBOXES if box.address == local_part), None)


def number_refusal(number: str) -> SpecialRecipient | None:
    if not E164.fullmatch(number):
        return REFUSING_NUMBERS[0]
    return next((phone for phone in REFUSING_NUMBERS if phone.address == number), None)


def trouble_later(number: str) -> SpecialRecipient | None:
    return next((phone for phone in UNREACHED_NUMBERS if phone.address == number), None)
