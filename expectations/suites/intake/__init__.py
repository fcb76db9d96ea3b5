"""Gates on what comes in. They warn and report; setting records aside and holding files is done in dbt and intake."""
