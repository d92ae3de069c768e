"""The samples of a run, and their medians."""

from dataclasses import dataclass, field, fields
from statistics import median

from benchmarks.sample import Sample
from benchmarks.scenarios import Scenario
from benchmarks.servers import Server


@dataclass
class Results:
    """Every sample by (server, scenario), one a round; and who could not be measured."""

    servers: list[Server]
    scenarios: list[Scenario]
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, server: Server, scenario: Scenario, sample: Sample) -> None:
        """Keep one round's sample."""
        self.samples.setdefault((server.key, scenario.key), []).append(sample)

    def median(self, server: str, scenario: str) -> Sample | None:
        """The median of every figure over the rounds, None when there is no round."""
        rounds = self.samples.get((server, scenario))
        return _median(rounds) if rounds else None

    @property
    def measured(self) -> list[Server]:
        """The servers with at least one sample, in the order of the run."""
        keys = {server for server, _ in self.samples}
        return [server for server in self.servers if server.key in keys]


def _median(rounds: list[Sample]) -> Sample:
    figures: dict[str, float | None] = {}
    for name in (one.name for one in fields(Sample) if one.name != "trouble"):
        values = [value for value in (getattr(one, name) for one in rounds) if value is not None]
        figures[name] = median(values) if values else None
    trouble = next((one.trouble for one in rounds if one.trouble), None)
    return Sample(**figures, trouble=trouble)
