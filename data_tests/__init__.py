"""The promises at the borders of the warehouse, kept with Great Expectations.

Promises are plain data, so that whoever only wants to know them need not load the library;
`data_tests.validate` loads it. What dbt tests (keys, relationships, logic) is not tested here.
"""
