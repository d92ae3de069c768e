"""One server under one scenario, once."""

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.generator import Generator, connected
from benchmarks.missed import post_missed
from benchmarks.process import ServerProcess
from benchmarks.scenarios import FIRST_FEW, Kind, Scenario
from benchmarks.servers import Server

WARMUP_SECONDS = 0.7  # compilers that work at run time need some of it, the join notices the rest


@dataclass(frozen=True)
class Sample:
    """Figures of one round; None where the scenario has no such figure.

    `cpu_us` is server CPU time per delivery, `share` the part of the deliveries due that came
    within the measured seconds, `load_cpu` the generator's part of its own core (0 to 1). Where
    messages are acked, all of them are about acks instead. `subscription_bytes` is what a room
    costs that a member hears beside its first one, over the same socket. `resume_s` are the seconds
    until the last of all who resume has what it missed, `resume_us` the server's CPU time for each
    of them.
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
    subscription_bytes: float | None = None
    resume_s: float | None = None
    resume_us: float | None = None
    trouble: str | None = None

    @property
    def full_core_rate(self) -> float | None:
        """What comes of a core that does nothing else: from the CPU time, not from the clock."""
        return 1e6 / self.cpu_us if self.cpu_us else None


def sample(
    program: Path, process: ServerProcess, server: Server, scenario: Scenario, *, seconds: float
) -> Sample:
    """Measure a server that has just been started for `seconds`."""
    if scenario.kind is Kind.IDLE:
        return _idle(program, process, server, scenario)
    if scenario.kind is Kind.RESUME:
        return _resume(program, process, server, scenario)
    if scenario.kind is Kind.MANY:
        return _many(program, process, server, scenario, seconds=seconds)
    return _busy(program, process, server, scenario, seconds=seconds)


def _busy(
    program: Path, process: ServerProcess, server: Server, scenario: Scenario, *, seconds: float
) -> Sample:
    port = process.port
    with connected(
        program, server, scenario, port=port, warmup=WARMUP_SECONDS, seconds=seconds
    ) as generator:
        process.wait_until_quiet()
        return _measured(process, generator, scenario)


def _many(
    program: Path, process: ServerProcess, server: Server, scenario: Scenario, *, seconds: float
) -> Sample:
    """The same; before, as many members in one room each show what a further room adds."""
    port = process.port
    with connected(program, server, scenario.in_one_room(), port=port) as generator:
        process.wait_until_quiet()
        memory = process.memory_kib()
        generator.go()
    process.wait_until_quiet()
    with connected(
        program, server, scenario, port=port, warmup=WARMUP_SECONDS, seconds=seconds
    ) as generator:
        process.wait_until_quiet()
        memory = process.memory_kib() - memory
        taken = _measured(process, generator, scenario)
    return replace(taken, subscription_bytes=memory * 1024 / scenario.further_subscriptions)


def _measured(process: ServerProcess, generator: Generator, scenario: Scenario) -> Sample:
    generator.go()
    generator.event("begin")
    before = process.cpu_seconds()
    counted = generator.counted()
    cpu = process.cpu_seconds() - before
    done = counted.acks if scenario.acked else counted.deliveries
    due = scenario.due * counted.seconds
    return Sample(
        cpu_us=cpu * 1e6 / done if done else None,
        rate=done / counted.seconds,
        p50_ms=counted.p50_us / 1e3 if done else None,
        p99_ms=counted.p99_us / 1e3 if done else None,
        share=min(done / due, 1.0) if due else None,
        load_cpu=counted.cpu_seconds / counted.seconds,
        server_cpu=cpu / counted.seconds,
        trouble=counted.trouble,
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
        counted = generator.counted()
    return Sample(
        kib=memory / scenario.connections,
        handshake_us=cpu * 1e6 / scenario.connections,
        trouble=counted.trouble,
    )


def _resume(program: Path, process: ServerProcess, server: Server, scenario: Scenario) -> Sample:
    port = process.port
    missed = post_missed(port, server.first_room, scenario.missed)
    process.wait_until_quiet()
    cpu = process.cpu_seconds()
    with connected(program, server, scenario, port=port, query=missed.query) as generator:
        process.wait_until_quiet()
        cpu = process.cpu_seconds() - cpu
        generator.go()
        counted = generator.counted()
    return Sample(
        resume_s=generator.connect_seconds,
        resume_us=cpu * 1e6 / scenario.connections,
        trouble=counted.trouble,
    )
