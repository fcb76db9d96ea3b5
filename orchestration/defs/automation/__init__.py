"""What starts automatically: the job, its schedule, the inbox sensor."""
