import pytest

from tests.integrations.connectors.vendor import vendor  # noqa: F401

pytest.register_assert_rewrite("tests.integrations.connectors.playing")
