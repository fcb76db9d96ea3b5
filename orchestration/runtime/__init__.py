"""What a run needs while it works: its lock, its record, its progress, Dagster's event log and the process of the gates."""
