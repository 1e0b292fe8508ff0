import os
import socket
from pathlib import Path

import pytest

from config.supervisor import ports
from config.supervisor.errors import CannotStart


def test_it_listens_and_tells_the_address() -> None:
    with ports.listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert ports.address_of(listening) == f"http://127.0.0.1:{port}"
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_it_gives_an_address_for_a_browser_when_it_listens_everywhere() -> None:
    with ports.listen("0.0.0.0", 0) as listening:  # noqa: S104
        assert ports.address_of(listening).startswith("http://127.0.0.1:")


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_it_writes_an_ipv6_address_as_a_browser_wants_it() -> None:
    with ports.listen("::1", 0) as listening:
        assert ports.address_of(listening).startswith("http://[::1]:")


def test_a_busy_port_is_a_sentence() -> None:
    with ports.listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(CannotStart, match=f"^Port {port} is taken by another program. Choose another one: --port"):
            ports.listen("127.0.0.1", port)


def test_a_foreign_address_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match=r"^192.0.2.1 is no address of this machine"):
        ports.listen("192.0.2.1", 0)


def test_an_unknown_host_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match="no address of this machine"):
        ports.listen("no host name has spaces", 8000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen on every port")
def test_a_reserved_port_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match="reserved for root"):
        ports.listen("127.0.0.1", 80)


def test_it_takes_the_same_port_again(tmp_path: Path) -> None:
    with ports.listen_as_before(tmp_path / "port") as first:
        port = first.getsockname()[1]
    with ports.listen_as_before(tmp_path / "port") as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("kept", ["not a number", ""])
def test_it_takes_another_port_when_what_it_kept_makes_no_sense(tmp_path: Path, kept: str) -> None:
    (tmp_path / "port").write_text(kept)
    with ports.listen_as_before(tmp_path / "port") as listening:
        assert (tmp_path / "port").read_text() == str(listening.getsockname()[1])


def test_it_takes_another_port_when_somebody_else_has_it(tmp_path: Path) -> None:
    with ports.listen_as_before(tmp_path / "port") as first, ports.listen_as_before(tmp_path / "port") as second:
        assert second.getsockname()[1] != first.getsockname()[1]
        assert (tmp_path / "port").read_text() == str(second.getsockname()[1])


def test_it_listens_on_a_unix_socket_for_its_own_user(tmp_path: Path) -> None:
    file = tmp_path / "a.sock"
    ports.listen_at(file).close()
    with ports.listen_at(file) as listening:  # over what an earlier start left
        assert file.stat().st_mode & 0o777 == 0o600
        assert not ports.somebody_calls(listening)
        with socket.socket(socket.AF_UNIX) as calling:
            calling.connect(str(file))
            assert ports.somebody_calls(listening)
