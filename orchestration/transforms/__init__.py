"""Running the dbt project that makes marts of raw tables."""
