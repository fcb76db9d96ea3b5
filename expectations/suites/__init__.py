"""The suites: `intake/` for delivered data, `tariff_book` for the prices, `release/` for editions."""
