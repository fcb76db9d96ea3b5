"""Compares what the state must hold with what exists: missing state is an error, never an empty state. The checks of a run
are quick; those of `tollhouse doctor` read everything."""
