"""What sqlfluff's jinja templater needs to expand the project's macros without dbt (.sqlfluff, library_path).

Linting through dbt compiles every model against a warehouse; this way the linter needs neither and is done in seconds.
"""
