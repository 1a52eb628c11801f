"""What customers and staff sign in by, the same for both: each quantum keeps its own tables."""
