"""A code location: a job that takes its time, and one that tells in which process it runs."""

import json
import os
import time
from pathlib import Path

import dagster as dg
import psutil


@dg.op
def sleep() -> None:
    time.sleep(600)


@dg.op(config_schema=str)
def tell(context: dg.OpExecutionContext) -> None:
    told = {
        "parents": [one.pid for one in psutil.Process().parents()],
        "variable": os.environ.get("SQUAD_COLOUR"),
    }
    Path(context.op_config).write_text(json.dumps(told))


@dg.job(executor_def=dg.in_process_executor)
def slow_job() -> None:
    sleep()


@dg.job(executor_def=dg.in_process_executor)
def telling_job() -> None:
    tell()


defs = dg.Definitions(jobs=[slow_job, telling_job])
