"""Renderers of the page model. A renderer knows pages, tables and figures, and nothing of telecoms."""
