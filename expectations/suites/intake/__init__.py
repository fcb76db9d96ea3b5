"""Gates on delivered data. They warn and report; dbt and the intake set records aside and hold files."""
