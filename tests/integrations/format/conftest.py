from tests.integrations.format.folders import write_folder  # noqa: F401
