"""What the README shows was run: its commands are sent to the API in their order, and its answers are compared."""

import json
import re
import shlex
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from string import Template
from typing import Any

import pytest
from pytest_django import Settings

from config import demo_upstream
from config.seed import DEMO_TENANT, seed
from config.supervisor import ports, welcome
from tests.corridor import Corridor, Loop
from tests.docs.pages import Block, blocks, page

WALKTHROUGH = page("README.md").partition("## A first tool in five minutes")[2].partition("\n## ")[0]
API = "http://127.0.0.1:8000/api/v1"

_HEREDOC = re.compile(r"<<EOF\n(.*?)\nEOF$", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A curl of the README: where it goes and what it sends."""

    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


def read_command(text: str, values: dict[str, str]) -> Command:
    here = _HEREDOC.search(text.strip())
    line = Template(_HEREDOC.sub("", text.strip()).replace("\\\n", " ")).substitute(values)
    program, *words = shlex.split(line)
    assert program == "curl"
    pairs = list(pairwise(words))
    sent = next((value for option, value in pairs if option == "-d"), None)
    body = Template(here[1]).substitute(values) if here else sent
    (url,) = [word for word in words if word.startswith(API)]
    path, _, query = url.removeprefix(f"{API}/").partition("?")
    return Command(
        path=path,
        query=dict(pair.split("=", 1) for pair in query.split("&") if pair),
        body=json.loads(body) if body else None,
        headers=dict(value.split(": ", 1) for option, value in pairs if option == "-H"),
    )


def agrees(shown: Any, given: Any) -> bool:
    """Whether all that is shown was given; objects may have been shortened."""
    if isinstance(shown, dict):
        return isinstance(given, dict) and all(name in given and agrees(shown[name], given[name]) for name in shown)
    if isinstance(shown, list):
        return isinstance(given, list) and len(shown) == len(given) and all(map(agrees, shown, given))
    return bool(shown == given)


def exchanges() -> Iterator[tuple[str, Any]]:
    """Each curl with the answer that is shown below it, or None."""
    found = [block for block in blocks(WALKTHROUGH) if block.language in ("sh", "json")]
    for block, following in zip(found, [*found[1:], Block("", "")], strict=True):
        if block.text.startswith("curl"):
            yield block.text, json.loads(following.text) if following.language == "json" else None


@pytest.fixture
def demo(settings: Settings) -> Iterator[int]:
    """The demo upstream, allowed as `up` allows it."""
    server = demo_upstream.Server(ports.listen("127.0.0.1", 0))
    port: int = server.server_address[1]
    settings.EGRESS_ALLOW_NETWORKS = [f"{DEMO_TENANT}@127.0.0.1/32:{port}"]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db(transaction=True)
def test_it_shows_what_really_happens(demo: int, corridor_loop: Loop) -> None:
    made = seed(demo_upstream=f"http://127.0.0.1:{demo}")
    assert made is not None
    corridor = Corridor(corridor_loop, made.agent_key)
    for text, shown in exchanges():
        sent = read_command(text, {"QM": API, "KEY": made.agent_key, "DEMO": str(demo)})
        assert sent.headers["Authorization"] == f"Bearer {made.agent_key}"
        answer = corridor.get(sent.path, sent.query) if sent.body is None else corridor.post(sent.path, sent.body)
        assert shown is not None or answer.status_code == 201, answer.json()
        assert shown is None or agrees(shown, answer.json()), answer.json()


def test_it_shows_an_answer_for_every_call() -> None:
    """Only what registers and publishes may go without one: it is told by 201."""
    silent = [text for text, shown in exchanges() if shown is None]
    assert [text.partition("/tools/")[2].partition(" ")[0] for text in silent] == ["", "greet/versions/"]


def test_it_shows_what_the_first_start_prints() -> None:
    (printed,) = [block.text for block in blocks(page("README.md")) if block.language == "text"]
    made = {
        "login": "admin@example.com",
        "password": "X8J…",
        "agent_key": "qm_qUM…",
        "tool": "demo-echo",
        "curl_body": '{"input": {"message": "hello"}}',
        "hook_path": "/hooks/9Yw…/",
        "hook_body": '{"type": "greeting", "name": "Ada"}',
    }
    assert printed.endswith(welcome.greet("http://127.0.0.1:8000", made, log_folder="/srv/quartermaster/.data/log"))


def test_it_makes_the_secrets_of_compose_as_the_compose_file_says() -> None:
    head = page("docker-compose.yml").partition("\nname:")[0]
    said = [line.removeprefix("#").strip() for line in head.splitlines()]
    (shown,) = [block.text for block in blocks(page("README.md")) if "docker compose" in block.text]
    assert [line for line in map(str.strip, shown.splitlines()) if line not in said] == []
