"""Run Autobahn's cases against a server: `python -m tests.server.autobahn URL CASE...`.

A process of its own, since kosoku changes `sys.path` and `binascii` for all who share its process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from kosoku import FailureError, run_fuzzingclient

GOOD = ("OK", "NON-STRICT", "INFORMATIONAL")


def judge(result):
    """The case, whether it passed, and why not."""
    return {
        "case": result.case_id,
        "passed": result.behavior.value in GOOD and result.behavior_close.value in GOOD,
        "explanation": f"{result.behavior.value}: {result.result}"
        f" | {result.behavior_close.value}: {result.result_close}"
        f" | expected: {result.expectation}",
    }


def main(url, *cases):
    try:
        results = asyncio.run(run_fuzzingclient(url, list(cases), concurrency=4))
    except FailureError as failure:
        results = failure.results
    sys.stdout.write(json.dumps([judge(result) for result in results]))
    sys.stdout.flush()
    os._exit(0)  # kosoku's own threads abort a process that ends while they run


if __name__ == "__main__":
    main(*sys.argv[1:])
