"""Exports of the customer system: their tables and reading them."""
