"""The mirror of the sources in the warehouse's `raw` schema."""
