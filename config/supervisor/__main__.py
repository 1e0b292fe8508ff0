import os
import sys
import time
from collections.abc import Sequence

from config.embedded import folders
from config.embedded.errors import EmbeddedServerError
from config.supervisor import options
from config.supervisor.console import Console
from config.supervisor.signals import Signals
from config.supervisor.supervisor import Supervisor


def main(arguments: Sequence[str] | None = None) -> int:
    asked = options.parse(arguments)
    started = float(os.environ.pop("QM_STARTED_AT", time.time()))
    try:
        log = folders.log_file(folders.make_private(asked.data_dir), "up")
    except (OSError, EmbeddedServerError) as error:
        sys.stderr.write(f"{asked.data_dir} cannot be used: {error}\nChoose another place with --data-dir.\n")
        return 1
    with Signals() as signals:
        return Supervisor(asked, os.environ, Console(started=started, log=log), signals).run()


if __name__ == "__main__":
    sys.exit(main())
