"""The Dagster definitions: what runs when. Wiring only; the work is done by the plain Python and the models it calls."""
