"""The published warehouse: versions of the marts as Parquet files, and how they are read.

Knows neither the API nor the jobs, so that whatever shows numbers can use it alone.
"""
