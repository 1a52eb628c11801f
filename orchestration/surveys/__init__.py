"""Surveys that nobody has answered."""
