"""The Dagster definitions: what runs when. Wiring only; the work is done by the plain Python and the models it calls."""

import warnings

import dagster as dg

# Parts of Dagster that are not final there are used knowingly (code references, backfill policies); the lock file holds its version.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
