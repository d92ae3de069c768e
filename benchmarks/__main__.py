"""`python -m benchmarks`: measure Hubbub and its rivals, print the table, write it and a chart."""

import argparse
import json
import os
import platform
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.chart import svg
from benchmarks.generator import GeneratorError, build
from benchmarks.results import Results
from benchmarks.run import Run
from benchmarks.scenarios import SCENARIOS
from benchmarks.servers import BEFORE, servers
from benchmarks.table import markdown

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "var" / "bench"
FILES_NEEDED = 5200  # open files of a server with 5000 connections


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="SERVERS", help="names with commas: hubbub,bun,ws ...")
    parser.add_argument("--scenario", metavar="LETTERS", help="letters with commas: a,c")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which medians are told")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured seconds a scenario")
    parser.add_argument(
        "--against",
        metavar="FOLDER",
        type=Path,
        help="another checkout, measured in turn with this one",
    )
    return parser.parse_args()


def chosen(keys: list[str], names: str | None) -> list[str]:
    """The keys that `names` lists, in their own order; all without `names`."""
    wanted = keys if names is None else names.split(",")
    unknown = set(wanted) - set(keys)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))} (there are: {', '.join(keys)})")
    return [key for key in keys if key in wanted]


def raise_open_files() -> None:
    """Servers and generator inherit the limit: lift it as far as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if 0 <= hard < FILES_NEEDED:
        print(f"at most {hard} open files are allowed, 5000 connections need {FILES_NEEDED}")


def stay_off_one_core() -> int:
    """Keep this process, and the generator it starts, off the core that is returned."""
    server, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(0, {others[0]})
    else:
        print("only one core: server and generator share it, rates and latencies suffer")
    return server


def write(results: Results, options: argparse.Namespace, table: str) -> None:
    """Leave table.md, results.json and chart.svg in the folder of results."""
    rounds = {
        f"{server}/{scenario}": [asdict(one) for one in samples]
        for (server, scenario), samples in results.samples.items()
    }
    about = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "seconds": options.seconds,
        "rounds": options.rounds,
        "missing": results.missing,
        "samples": rounds,
    }
    (FOLDER / "table.md").write_text(table)
    (FOLDER / "results.json").write_text(json.dumps(about, indent=1, ensure_ascii=False))
    (FOLDER / "chart.svg").write_text(svg(results))


def main() -> int:
    """Run what the command line asks for; 1 when Hubbub was asked for and could not be measured."""
    options = arguments()
    if sys.platform != "linux":
        sys.exit("the benchmark needs Linux: it pins cores, and weighs the servers through /proc")
    raise_open_files()
    every = {scenario.key: scenario for scenario in SCENARIOS}
    scenarios = [every[key] for key in chosen(list(every), options.scenario)]
    known = {server.key: server for server in servers(FOLDER, options.against)}
    keys = chosen(list(known), options.only)
    asked_for = [server for key, server in known.items() if key in keys or key == BEFORE]
    try:
        program = build(FOLDER)
    except GeneratorError as error:
        sys.exit(str(error))
    run = Run(
        asked_for,
        scenarios,
        program,
        core=stay_off_one_core(),
        rounds=options.rounds,
        seconds=options.seconds,
        root=ROOT,
        logs=FOLDER / "logs",
    )
    results = run.measure()
    table = markdown(results)
    write(results, options, table)
    print(f"\n{table}\nwritten: {FOLDER.relative_to(ROOT)}/table.md, results.json, chart.svg")
    return 1 if "hubbub" in results.missing else 0


if __name__ == "__main__":
    sys.exit(main())
