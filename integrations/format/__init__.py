"""How a service is written down: `types` is what a connector is, whether it comes from a folder or was imported."""
