"""Serving anew with each change of the code, as Django's `runserver` does.

One process listens, and starts another that serves and looks at the files. At a change that one
says 1012 to everybody and ends, and the next one is started: whoever connects meanwhile waits.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Event
from time import sleep, time
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils import autoreload

from hubbub import listeners
from hubbub.errors import HubbubError
from hubbub.project import warn
from hubbub.server.run import end_running

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from threading import Thread

#: The variables that tell the second process its sockets, when it began, and that it is not the
#: first of its kind.
SOCKETS = "_HUBBUB_SOCKETS"
BEGAN = "_HUBBUB_BEGAN"
AGAIN = "_HUBBUB_AGAIN"
#: The exit codes of a process whose code changed (Django's), and of one that was started wrongly.
CHANGED = 3
WRONG = 2
#: Seconds between two looks at the files.
EVERY = 0.5
#: Seconds that the members and the journal have when the code changes.
PARTING = 1.0
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def run(
    listen: Callable[[], AbstractContextManager[list[socket.socket]]],
    serve: Callable[[list[socket.socket]], object],
) -> int:
    """Serve on what `listen` opens until a signal, and return the exit code."""
    if os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) == "true":
        sockets = [listeners.adopt(int(number)) for number in os.environ.pop(SOCKETS).split(",")]
        return serve_until_changed(lambda: serve(sockets))
    with listen() as sockets:
        return Overseer(sockets).run()


class Overseer:
    """The first process: it keeps the sockets, and starts the second one again and again."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        for one in sockets:
            one.set_inheritable(True)
        self._environment = {
            **os.environ,
            autoreload.DJANGO_AUTORELOAD_ENV: "true",
            SOCKETS: ",".join(str(one.fileno()) for one in sockets),
        }
        self._stopped = Event()
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Go on until a signal comes, or the second process is not to be started again."""
        on_signals(self._stop)
        while True:
            code = self._run_child()
            if self._stopped.is_set() or code in (0, WRONG) or code < 0:
                return max(code, 0) if self._stopped.is_set() else code
            if code != CHANGED:
                self._wait_for_change()
            self._environment[AGAIN] = "1"

    def _run_child(self) -> int:
        self._began = time()
        words, env = autoreload.get_child_arguments(), self._environment | {BEGAN: str(self._began)}
        self._child = subprocess.Popen(words, env=env, close_fds=False)  # noqa: S603
        if self._stopped.is_set():
            self._child.terminate()
        return self._child.wait()

    def _stop(self, *_: object) -> None:
        self._stopped.set()
        if self._child is not None:
            self._child.terminate()

    def _wait_for_change(self) -> None:
        """Wait, as the second process ended before its first look: by a mistake in the settings."""
        warn("what serves could not be started; it is tried again when a file changes.")
        reloader = Reloader(self._began)
        while not reloader.look() and not self._stopped.wait(EVERY):
            pass


class Reloader(autoreload.StatReloader):
    """Django's, but that nothing is missed which changed since the process began.

    Django's takes what it first sees for what was loaded, though a file is read long before.
    """

    def __init__(self, began: float) -> None:
        super().__init__()
        self._began = began
        self._seen: dict[object, float] = {}

    def run(self, django_main_thread: Thread) -> None:
        """Look until something changed. Django's way needs settings, which may be what fails."""
        if self.wait_for_apps_ready(apps, django_main_thread):
            super().run(django_main_thread)
        else:
            self.run_loop()

    def look(self) -> list[Path]:
        """The files that changed since the last look, or, at the first, since the process began.

        A time to come is that of a clock that goes wrong, and no change.
        """
        found = []
        for path, changed in self.snapshot_files():
            late = self._began < changed <= time()
            if self._seen.setdefault(path, 0.0 if late else changed) != changed:
                self._seen[path] = changed
                found.append(path)
        return found

    def tick(self) -> Iterator[None]:
        """One look after the other; the first change that nobody else sees to ends the process."""
        while True:
            for path in self.look():
                self.notify_file_changed(path)
            sleep(EVERY)
            yield


def serve_until_changed(serve: Callable[[], object]) -> int:
    """The second process: serve in a thread, look at the files in this one."""
    ended = Event()

    def serve_and_tell() -> None:
        try:
            serve()
        except HubbubError as error:
            tell_wrong(error)
        finally:
            ended.set()

    on_signals(leave)
    try:
        autoreload.start_django(Reloader(float(os.environ[BEGAN])), serve_and_tell)
    finally:
        if end_running():
            ended.wait(PARTING)
    return 0


def tell_wrong(error: HubbubError) -> None:
    """Say what is wrong; a first start ends with it, a later one waits for the next change."""
    warn(str(error))
    if AGAIN not in os.environ:
        sys.stderr.flush()
        os._exit(WRONG)  # from a thread


def on_signals(call: Callable[..., None]) -> None:
    """Have a wish to stop call this; not a hangup where `nohup` said that it does not matter."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, call)


def leave(*_: object) -> None:
    """End this process, whatever signals come meanwhile: one key press brings two."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)
