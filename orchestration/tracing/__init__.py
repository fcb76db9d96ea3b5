"""The trail of a figure through the published tables, both ways: from a commission line to calls and files, and back."""
