"""The benchmarks: each prints Martlet and its peers from one run, as a table or as JSON lines."""

import argparse
import dataclasses
import json
import sys

import compose
import gate
import replica
import router
import start

BENCHES = {"replica": replica.figures, "router": router.figures, "compose": compose.figures,
           "start": start.figures}


def main():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("bench", choices=BENCHES, nargs="?")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the median is shown")
    parser.add_argument("--requests", type=int, default=200_000, help="requests of a run")
    parser.add_argument("--gate", action="store_true",
                        help="compare instructions per request with the committed ones")
    parser.add_argument("--accept", action="store_true", help="with --gate: commit these")
    arguments = parser.parse_args()
    if arguments.gate:
        return gate.main(arguments.accept)
    if not arguments.bench:
        parser.error("name a bench or --gate")
    figures = BENCHES[arguments.bench](arguments.rounds, arguments.requests)
    if arguments.json:
        for figure in figures:
            print(json.dumps(dataclasses.asdict(figure)))
    else:
        table(figures)


def table(figures):
    columns = [f.name for f in dataclasses.fields(figures[0])][1:]
    rows = [columns + ["ratio"]]
    first = {}
    for figure in figures:
        ours = first.setdefault(figure.scenario, figure.cpu_us_per_request)
        cells = [getattr(figure, column) for column in columns]
        rows.append([cell(value) for value in cells] + [
            f"{figure.cpu_us_per_request / ours:.2f}" if ours and figure.cpu_us_per_request else ""])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        sys.stdout.write("  ".join(text.ljust(w) for text, w in zip(row, widths)).rstrip() + "\n")


def cell(value):
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


main()
