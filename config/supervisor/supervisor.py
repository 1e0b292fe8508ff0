"""The order of things: servers, database, application; watch; and the same way back."""

import socket
from collections.abc import Mapping
from typing import Any

from config.embedded import addresses, folders, postgres
from config.embedded.errors import EmbeddedServerError
from config.supervisor import keys, ports, services
from config.supervisor.console import Console
from config.supervisor.environment import child_environment
from config.supervisor.errors import CannotStart
from config.supervisor.instance import Instance
from config.supervisor.options import Options
from config.supervisor.preparation import prepare
from config.supervisor.running import Running, stop_together
from config.supervisor.services import Service, Surroundings
from config.supervisor.signals import Signals
from config.supervisor.welcome import greet, show_once


class StopWanted(Exception):
    """Somebody asked to stop while the start was still under way."""


class Supervisor:
    def __init__(self, options: Options, environment: Mapping[str, str], console: Console, signals: Signals) -> None:
        self._options = options
        self._environment = environment
        self._console = console
        self._signals = signals
        self._running: list[Running] = []
        self._sockets: list[socket.socket] = []
        self._seed: dict[str, Any] | None = None

    def run(self) -> int:
        """Until somebody wants it to stop; 0 then, 1 when it could not start."""
        try:
            address = self._start()
            self._welcome(address)
            self._watch()
        except StopWanted:
            self._console.show(show_once(self._seed))
        except (CannotStart, EmbeddedServerError) as error:
            self._console.show(f"{show_once(self._seed)}\n{error}\n")
            return 1
        finally:
            self._stop()
        return 0

    def _start(self) -> str:
        data_dir = folders.make_private(self._options.data_dir)
        instance = Instance(data_dir)
        instance.claim(self._console)
        for made in keys.make_or_find(data_dir, self._environment):
            self._console.say(
                f"Made {data_dir / made} (keep a copy of it)" if made == "vault.key" else f"Made {data_dir / made}"
            )
        web = self._keep(ports.listen(self._options.host, self._options.port))
        address = ports.address_of(web)
        instance.describe(address=address)
        for name in ("run", "static"):
            folders.make_private(data_dir / name)
        demo = self._keep(ports.listen_as_before(data_dir / "demo_port")) if self._options.demo else None
        around = Surroundings(data_dir, child_environment(self._options, self._environment, demo), instance.fd)
        gate = services.Gate()
        webs = [self._launch(each) for each in services.webs(around, web.fileno(), gate, count=self._options.workers)]
        self._start_servers(around)
        if demo is not None:
            self._bring_up(services.upstream(around, demo.fileno()))
        self._prepare(around)
        gate.open(len(webs))
        for each in webs:
            self._await(each)
        for each in [self._launch(services.worker(around)), self._launch(services.beat(around))]:
            self._await(each)
        if not self._environment.get("HOST_URL"):
            self._put_host_to_rest(around)
        return address

    def _put_host_to_rest(self, around: Surroundings) -> None:
        """With its socket open: whoever calls first waits until it has started, and until then it takes no memory."""
        folders.make_socket_folder(around.data_dir)
        listening = self._keep(ports.listen_at(addresses.host_socket(around.data_dir)))
        self._running.append(Running(services.host(around, listening), self._console.say))

    def _keep(self, listening: socket.socket) -> socket.socket:
        self._sockets.append(listening)
        return listening

    def _start_servers(self, around: Surroundings) -> None:
        if not self._environment.get("DATABASE_URL"):
            self._bring_up(services.database(around))
            postgres.make_database(around.data_dir)
        if not self._environment.get("REDIS_URL"):
            self._bring_up(services.cache(around))

    def _prepare(self, around: Surroundings) -> None:
        found = prepare(around, self._signals)
        self._seed = found.get("seed")
        for warning in found.get("warnings", ()):
            self._console.say(f"Warning: {warning}")
        self._console.say("Database checked, migrated and seeded")
        self._stop_if_wanted()

    def _bring_up(self, service: Service) -> None:
        self._await(self._launch(service))

    def _launch(self, service: Service) -> Running:
        running = Running(service, self._console.say)
        running.launch()
        self._running.append(running)
        return running

    def _await(self, running: Running) -> None:
        while not running.check_start():
            self._stop_if_wanted()
            self._signals.wait(0.02)
        self._console.say(f"{running.service.name} is ready")
        self._stop_if_wanted()

    def _stop_if_wanted(self) -> None:
        if self._signals.stop_is_wanted:
            raise StopWanted

    def _welcome(self, address: str) -> None:
        self._console.show(greet(address, self._seed, log_folder=str(self._options.data_dir / "log")))

    def _watch(self) -> None:
        while not self._signals.stop_is_wanted:
            for running in self._running:
                running.watch()
            self._signals.wait(1.0 if all(running.is_up for running in self._running) else 0.05)

    def _stop(self) -> None:
        if self._running:
            self._console.say("Stopping; once more Ctrl-C to stop without waiting for running work")
        for stage in sorted({running.service.stage for running in self._running}, reverse=True):
            members = [running for running in self._running if running.service.stage == stage]
            stop_together(members, is_urgent=lambda: self._signals.stop_is_urgent)
        if self._running:
            self._console.say("Stopped; nothing is left running")
