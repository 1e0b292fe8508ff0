"""A tab of a real browser, as tests use it: by labels and names, as people do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    sync_playwright,
)

T = TypeVar("T")

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 30_000
CHECKS = Path(__file__).with_name("checks.js").read_text()


class Chromium:
    """The browser, in a thread of its own: Playwright keeps an event loop running there, which Django's ORM minds."""

    def __init__(self, executable: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright: Playwright = self.do(lambda: sync_playwright().start())
        self._browser: Browser = self.do(
            lambda: self._playwright.chromium.launch(executable_path=executable, headless=True, args=ARGUMENTS)
        )

    def do(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def new_tab(self, root: str, **options: Any) -> "Tab":
        return Tab(self, root, self.do(lambda: self._browser.new_context(**options)))

    def close(self) -> None:
        self.do(self._browser.close)
        self.do(self._playwright.stop)
        self._thread.shutdown()


class Tab:
    def __init__(self, chromium: Chromium, root: str, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        """What the console had to say, and requests to anywhere else."""
        self.root = root
        self._do = chromium.do
        self._context = context
        self._page: Page = self._do(context.new_page)
        self._do(self._listen)

    def _listen(self) -> None:
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.on("console", self._heard)
        self._page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.root, "data:")):
            self.complaints.append(f"asked {request.url}")

    def take_session(self, session: str) -> None:
        cookie = {"name": "sessionid", "value": session, "url": self.root}
        self._do(lambda: self._context.add_cookies([cookie]))  # type: ignore[list-item]

    def allow_clipboard(self) -> None:
        self._do(lambda: self._context.grant_permissions(["clipboard-read", "clipboard-write"]))

    def prefer(self, theme: str) -> None:
        """Choose light or dark, as the person's menu does, for the pages that are opened from now on."""
        self.run_first(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{theme}'))")

    def run_first(self, script: str) -> None:
        """Run this before the own scripts of the pages that are opened from now on."""
        self._do(lambda: self._context.add_init_script(script))

    def open(self, path: str) -> int:
        """The status of the answer."""
        answer = self._do(lambda: self._page.goto(self.root + path, wait_until="load"))
        assert answer is not None
        return answer.status

    @property
    def path(self) -> str:
        return self._do(lambda: self._page.url).removeprefix(self.root)

    def fill(self, label: str, value: str) -> None:
        self._at(lambda page: page.get_by_label(label, exact=True), lambda field: field.fill(value))

    def choose(self, label: str, option: str) -> None:
        self._at(lambda page: page.get_by_label(label, exact=True), lambda field: field.select_option(label=option))

    def choose_file(self, label: str, file: Path) -> None:
        self._at(lambda page: page.get_by_label(label, exact=True), lambda field: field.set_input_files(file))

    def value_of(self, label: str) -> str:
        return self._at(lambda page: page.get_by_label(label, exact=True), Locator.input_value)

    def press(self, name: str) -> None:
        self._at(lambda page: page.get_by_role("button", name=name, exact=True), Locator.click)

    def follow(self, name: str) -> None:
        self._at(lambda page: page.get_by_role("link", name=name, exact=True), Locator.click)

    def unfold(self, text: str) -> None:
        """Open a menu or a fold by its summary."""
        self._at(lambda page: page.locator("summary", has_text=text), Locator.click)

    def wait_for(self, text: str) -> None:
        self._at(lambda page: page.get_by_text(text), Locator.wait_for)

    def wait_until(self, condition: str) -> None:
        """Until this JavaScript expression is true."""
        self._do(lambda: self._page.wait_for_function(condition))

    def _at(self, find: Callable[[Page], Locator], act: Callable[[Locator], T]) -> T:
        """Do something with the first that is found, in the browser's thread."""
        return self._do(lambda: act(find(self._page).first))

    def key(self, key: str) -> None:
        self._do(lambda: self._page.keyboard.press(key))

    def text(self) -> str:
        """What can be seen."""
        return self._do(lambda: self._page.inner_text("body"))

    def evaluate(self, script: str) -> Any:
        return self._do(lambda: self._page.evaluate(script))

    def check(self, name: str) -> Any:
        """What one of `checks.js` finds."""
        return self.evaluate(f"(() => {{ {CHECKS}; return {name}(); }})()")

    def close(self) -> None:
        self._do(self._context.close)
