"""What the state must hold, held against what is there: missing state is an error, never an empty state. The checks of a run
are quick; those of `tollhouse doctor` read everything."""
