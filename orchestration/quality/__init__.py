"""The promises at the borders, as checks that Dagster shows and publishing obeys."""
