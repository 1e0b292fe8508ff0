from pathlib import Path

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


def test_it_counts_bytes_not_letters() -> None:
    assert addresses.socket_folder(Path("/srv") / ("ü" * 45)).parent == addresses.SHORT_BASE
