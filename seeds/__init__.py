"""The demo city: its reference book (`reference/`, also the dbt seeds) and the generator of its files (`demo_city/`)."""
