"""The reference book: its tables and reading it from CSV files, checked."""
