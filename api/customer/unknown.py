"""What a handler raises when a message came before the one that it builds on."""


class NotYetKnown(Exception):
    """What this refers to has not arrived; the relay tries the message again."""
