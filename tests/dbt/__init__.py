"""Tests of the dbt project: its conventions, its unit tests, the tables' columns, and rating from book to charge."""
