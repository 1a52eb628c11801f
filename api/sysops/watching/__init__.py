"""Whether scheduled work is looked after at all: the last guard, outside of Dagster."""
