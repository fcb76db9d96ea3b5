"""Declared CDR formats: the model, reading a declaration, and the registry of shipped and own formats."""
