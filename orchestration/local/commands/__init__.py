"""The sub-commands of `squad`, one module each."""
