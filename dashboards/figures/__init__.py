"""Figures as pure functions from rows to plotly. The look they share is in `style`; data access is elsewhere."""
