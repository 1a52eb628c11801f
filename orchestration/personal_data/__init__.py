"""Copies of what is kept of a customer, and erasures, over all four databases."""
