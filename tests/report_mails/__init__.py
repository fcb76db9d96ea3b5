"""Pages of the site by e-mail."""
