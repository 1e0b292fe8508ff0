from tests.integrations.connectors.vendor import vendor  # noqa: F401
