from pathlib import Path

import pytest

from config.embedded import addresses


def test_it_keeps_sockets_in_the_data_folder() -> None:
    assert addresses.socket_folder(Path("/srv/qm")) == Path("/srv/qm/run")
    assert addresses.database_url(Path("/srv/qm"), "qm_app") == "postgresql://qm_app@/quartermaster?host=/srv/qm/run"
    assert addresses.redis_url(Path("/srv/qm")) == "unix:///srv/qm/run/valkey.sock"


def test_it_goes_elsewhere_when_the_path_is_too_long_for_a_socket() -> None:
    long = Path("/srv") / ("x" * 90)
    folder = addresses.socket_folder(long)
    assert len(str(folder)) < addresses.LONGEST_SOCKET_FOLDER
    assert folder != addresses.socket_folder(long / "y")
    assert folder == addresses.socket_folder(long)


@pytest.mark.parametrize("name", ["with space", "a,b", "what?", "100%41", "ü", "it's"])
def test_it_goes_elsewhere_when_a_url_could_misread_the_path(name: str) -> None:
    folder = addresses.socket_folder(Path("/srv") / name)
    assert folder.parent == addresses.SHORT_BASE
    assert addresses.PLAIN_PATH.fullmatch(str(folder))
