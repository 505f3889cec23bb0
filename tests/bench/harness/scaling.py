"""What changes with size: the same work against one growing number."""

import json
from dataclasses import dataclass
from statistics import median

from . import measure, plots, tables
from .cases import Case


def fan_out(report):
    """From the first byte of a message until the last client has it, half of all messages sooner."""
    return report["fan_out_us"]["p50"]


@dataclass(frozen=True)
class Plot:
    """One picture of a series: `value` is read from each report."""

    name: str
    title: str
    label: str
    value: object
    digits: int = 2


@dataclass(frozen=True)
class Series:
    """The same load at several sizes; `load_at` makes one case from a size."""

    name: str
    title: str
    size: str
    sizes: tuple
    case_at: object
    plots: tuple


DELIVERY = "server's CPU µs per delivery"


def broadcast_to(clients):
    return Case(f"clients-{clients}", f"{clients:,} clients", "broadcast",
                ("broadcast", "--connections", str(clients), "--sources", "50"))


def broadcast_of(payload):
    return Case(f"payload-{payload}", f"{payload:,} bytes", "broadcast",
                ("broadcast", "--connections", "100", "--payload", str(payload)))


def echo_of(payload):
    return Case(f"echo-{payload}", f"{payload:,} bytes", "echo",
                ("echo", "--connections", "100", "--payload", str(payload)))


def churn_among(members):
    return Case(f"members-{members}", f"{members:,} members", "echo",
                ("churn", "--connections", "10", "--sources", "50"), members=members)


PAYLOADS = (64, 256, 1024, 4096, 16_384, 65_536)

SERIES = (
    Series("clients", "Broadcast, one message of 64 B at a time", "clients",
           (1, 10, 100, 1000, 10_000), broadcast_to,
           (Plot("clients", "Broadcast to all, one message at a time, 64 B", DELIVERY, tables.cpu),
            Plot("fan-out", "Until the last client has it: one message, 64 B",
                 "µs from first byte to last client, p50", fan_out, digits=0))),
    Series("payload", "Broadcast to 100 clients, one message at a time", "bytes", PAYLOADS, broadcast_of,
           (Plot("payload", "Broadcast to 100 clients, one message at a time", DELIVERY, tables.cpu),)),
    Series("echo-payload", "Echo: 100 connections, one message in flight each", "bytes", PAYLOADS, echo_of,
           (Plot("echo-payload", "Echo: 100 connections, one message in flight each", DELIVERY,
                 tables.cpu),)),
    Series("members", "Join and leave, 10 at a time, among idle members of the same server", "members",
           (10, 100, 1000, 10_000), churn_among,
           (Plot("members", "Join and leave among idle members", "server's CPU µs for one join and leave",
                 tables.cpu),)),
)
NAMES = tuple(one.name for one in SERIES)
SERVERS = ("bare epoll", "callsign, in_worker", "callsign, in_connection",
           "callsign, in_worker, 2 I/O threads", "callsign, in_connection, 2 I/O threads")


def run_series(bench, series, wanted):
    """For each plot, each server and each size the values of all rounds that count."""
    found = {plot.name: {} for plot in series.plots}
    failed = 0
    for size in series.sizes:
        bench.say(f"  {size:,} {series.size}")
        for name, reports in measure.run_case(bench, series.case_at(size), wanted).items():
            counted = [report for report in reports if tables.good(report)]
            failed += len(reports) - len(counted)
            for plot in series.plots:
                # Zero: no message reached its last client in the measured time.
                values = [value for value in map(plot.value, counted) if value > 0]
                if values:
                    found[plot.name].setdefault(name, []).append({"size": size, "values": values})
    return found, failed


def table_of(series, found, digits):
    sizes = series.sizes
    rows = []
    for name, points in found.items():
        at = {point["size"]: point["values"] for point in points}
        rows.append((name, *(tables.spread(at.get(size, []), digits) for size in sizes)))
    return tables.table(("server", *(f"{size:,} {series.size}" for size in sizes)), rows)


def run(bench, names, wanted, folder, about):
    """Runs the series, says tables, leaves `scaling-NAME.json` and `.svg` in `folder`."""
    bad = 0
    for series in SERIES:
        if series.name not in names:
            continue
        bench.say(f"\n## {series.title}\n")
        found, failed = run_series(bench, series, wanted)
        bad += failed
        for plot in series.plots:
            bench.say(f"\n{plot.label}, median [min-max]\n\n"
                      f"{table_of(series, found[plot.name], plot.digits)}")
            curves = {name: [(point["size"], median(point["values"]), min(point["values"]),
                              max(point["values"])) for point in points]
                      for name, points in found[plot.name].items()}
            drawn = plots.lines(plot.title, series.size, plot.label, curves)
            (folder / f"scaling-{plot.name}.svg").write_text(drawn, encoding="utf-8")
            kept = {**about, "title": plot.title, "value": plot.label, "size": series.size,
                    "servers": found[plot.name]}
            (folder / f"scaling-{plot.name}.json").write_text(
                json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return bad
