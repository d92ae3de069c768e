"""One server under one scenario, once."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import connected
from benchmarks.process import ServerProcess
from benchmarks.scenarios import FIRST_FEW, Scenario
from benchmarks.servers import Server

WARMUP_SECONDS = 0.7  # compilers that work at run time need some of it, the join notices the rest


@dataclass(frozen=True)
class Sample:
    """Figures of one round; None where the scenario has no such figure.

    `cpu_us` is server CPU time per delivery, `share` the part of the deliveries due that came
    within the measured seconds, `load_cpu` the generator's part of its own core (0 to 1).
    """

    cpu_us: float | None = None
    rate: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    share: float | None = None
    load_cpu: float | None = None
    server_cpu: float | None = None
    kib: float | None = None
    handshake_us: float | None = None
    trouble: str | None = None


def sample(
    program: Path, process: ServerProcess, server: Server, scenario: Scenario, *, seconds: float
) -> Sample:
    """Measure a server that has just been started for `seconds`."""
    if scenario.idle:
        return _idle(program, process, server, scenario)
    return _busy(program, process, server, scenario, seconds=seconds)


def _busy(
    program: Path, process: ServerProcess, server: Server, scenario: Scenario, *, seconds: float
) -> Sample:
    port = process.port
    with connected(
        program, server, scenario, port=port, warmup=WARMUP_SECONDS, seconds=seconds
    ) as generator:
        process.wait_until_quiet()
        generator.go()
        generator.event("begin")
        before = process.cpu_seconds()
        counted = generator.counted()
        cpu = process.cpu_seconds() - before
    due = scenario.rate * scenario.members * counted.seconds
    troubles = {
        "errors": counted.errors,
        "strays": counted.strays,
        "connections lost": counted.closed,
    }
    return Sample(
        cpu_us=cpu * 1e6 / counted.deliveries if counted.deliveries else None,
        rate=counted.deliveries / counted.seconds,
        p50_ms=counted.p50_us / 1e3 if counted.deliveries else None,
        p99_ms=counted.p99_us / 1e3 if counted.deliveries else None,
        share=min(counted.deliveries / due, 1.0) if due else None,
        load_cpu=counted.cpu_seconds / counted.seconds,
        server_cpu=cpu / counted.seconds,
        trouble=", ".join(f"{n} {what}" for what, n in troubles.items() if n) or None,
    )


def _idle(program: Path, process: ServerProcess, server: Server, scenario: Scenario) -> Sample:
    port = process.port
    with connected(program, server, FIRST_FEW, port=port) as generator:
        generator.go()
    process.wait_until_quiet()
    memory, cpu = process.memory_kib(), process.cpu_seconds()
    with connected(program, server, scenario, port=port) as generator:
        process.wait_until_quiet()
        cpu = process.cpu_seconds() - cpu
        memory = process.memory_kib() - memory
        generator.go()
    return Sample(kib=memory / scenario.connections, handshake_us=cpu * 1e6 / scenario.connections)
