"""How an invoice number is written."""

SERIES = "INV"


def number_text(number: int) -> str:
    """`INV-00001234`, the form that customers see and the payment provider gets."""
    return f"{SERIES}-{number:08d}"
