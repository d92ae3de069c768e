"""A run: every server under every scenario, round after round."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import GeneratorError
from benchmarks.process import ServerError, ServerProcess, free_port
from benchmarks.results import Results
from benchmarks.sample import sample
from benchmarks.scenarios import Scenario
from benchmarks.servers import Server, can_take_part


@dataclass(frozen=True)
class Run:
    """What is to be measured, and with what.

    `seconds` are measured a scenario and round; `core` is the server's, not this process's;
    servers are started in `root` and leave their logs in `logs`.
    """

    servers: list[Server]
    scenarios: list[Scenario]
    program: Path
    core: int
    rounds: int
    seconds: float
    root: Path
    logs: Path

    def measure(self) -> Results:
        """Measure A B C, A B C ...: a slow minute of the machine then meets all servers alike."""
        missing = {server.key: server.missing for server in self.servers if server.missing}
        results = Results(self.servers, self.scenarios, missing=missing)
        for number in range(1, self.rounds + 1):
            for scenario in self.scenarios:
                print(f"round {number}/{self.rounds}, {scenario.title}:", end="", flush=True)
                for server in self.servers:
                    self._measure_one(results, server, scenario)
                print(flush=True)
        return results

    def _measure_one(self, results: Results, server: Server, scenario: Scenario) -> None:
        # A fresh process each time: what one scenario leaves behind is no part of the next.
        if server.key in results.missing or not can_take_part(server, scenario):
            return
        print(f" {server.key}", end="", flush=True)
        with tempfile.TemporaryDirectory(prefix="hubbub-bench-") as data:
            try:
                with self._started(server, data) as process:
                    process.wait_until_listening()
                    taken = sample(self.program, process, server, scenario, seconds=self.seconds)
            except (ServerError, GeneratorError) as error:
                print(f"\n  {server.title}: {error}", file=sys.stderr)
                results.missing[server.key] = str(error)
            else:
                results.add(server, scenario, taken)

    def _started(self, server: Server, data: str) -> ServerProcess:
        port = free_port()
        return ServerProcess(
            [part.format(port=port, data=data) for part in server.command],
            env=server.env,
            cwd=self.root,
            core=self.core,
            port=port,
            log=self.logs / f"{server.key}.log",
        )
