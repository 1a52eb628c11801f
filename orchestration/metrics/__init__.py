"""The platform's numbers for Prometheus: what its processes count, and how its business stands."""
