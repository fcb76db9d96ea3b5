"""What runs when: settings, commands, Dagster definitions, and the plain Python of intake and publishing."""
