"""What starts by itself: the job, its schedule, the inbox sensor."""
