"""The suites: `intake/` for what comes in, `tariff_book` for the prices, `release/` for what may go out."""
