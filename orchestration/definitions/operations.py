"""The code location `operations`: assignment. Light: no dbt, no Great Expectations."""

import dagster as dg

from orchestration.assignment import assets as assignment

defs = dg.Definitions.merge(assignment.defs)
