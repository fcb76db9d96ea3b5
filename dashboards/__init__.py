"""What people see: pages, figures and the renderers that turn them into sites. Reads published editions only."""
