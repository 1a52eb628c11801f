"""What several bodies of the Billing API take."""

from typing import Annotated

import msgspec

Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=500,
        # Something to read, without the character that PostgreSQL does not store.
        pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
        description="Why; kept in the history, and not shown to the customer.",
    ),
]
MONTH = r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"
"""A month as text, `2026-10`."""
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
