"""Whether every schedule did run: a job that silently does not start is noticed by nobody else."""
