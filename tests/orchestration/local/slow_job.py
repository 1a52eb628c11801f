"""A code location with one job that takes its time."""

import time

import dagster as dg


@dg.op
def sleep() -> None:
    time.sleep(600)


@dg.job(executor_def=dg.in_process_executor)
def slow_job() -> None:
    sleep()


defs = dg.Definitions(jobs=[slow_job])
