"""Turns results into tables: medians, spreads, and ratios between runs of the same round."""

from statistics import median

from .servers import BASE


def table(columns, rows):
    """A Markdown table whose columns are also straight to the eye."""
    cells = [columns, *rows]
    widths = [max(len(str(row[i])) for row in cells) for i in range(len(columns))]

    def line(row):
        first = str(row[0]).ljust(widths[0])
        rest = [str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return "\n".join([line(columns), rule, *map(line, rows)])


def spread(values, digits=2):
    """`median [min-max]`, with as many runs as there are."""
    if not values:
        return "-"
    return f"{median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def good(report):
    return report["check"]["ok"] and report.get("deliveries", 0) > 0


def cpu(report):
    """Of the server, for each delivery; 0 when nobody knows its process."""
    return report.get("server_cpu", {}).get("us_per_delivery", 0)


def p99(report):
    return report["latency_us"]["p99"]


def part(report, which):
    """`user` or `kernel` time of the server for each delivery."""
    return report.get("server_cpu", {}).get(f"{which}_seconds", 0) * 1e6 / report["deliveries"]


def paired_ratio(reports, base_reports, value=cpu):
    """The median of the ratios between runs of the same round; None when no round has both."""
    ratios = [value(one) / value(base) for one, base in zip(reports, base_reports)
              if good(one) and good(base) and value(base) > 0]
    return median(ratios) if ratios else None


def summarise(reports, base_reports):
    """What a row says, as numbers."""
    counted = [report for report in reports if good(report)]
    summary = {"runs": len(counted), "failed_runs": len(reports) - len(counted)}
    if not counted:
        return summary
    summary["cpu_us"] = [cpu(report) for report in counted]
    for which in ("user", "kernel"):
        summary[f"{which}_us"] = median(part(report, which) for report in counted)
    summary["ratio"] = paired_ratio(reports, base_reports)
    summary["p99_ratio"] = paired_ratio(reports, base_reports, p99)
    for name in ("deliveries_per_second", "frames_per_read"):
        summary[name] = median(report[name] for report in counted)
    for name in ("p50", "p99", "max"):
        summary[name] = median(report["latency_us"][name] for report in counted)
        if "fan_out_us" in counted[0]:
            summary[f"fan_out_{name}"] = median(report["fan_out_us"][name] for report in counted)
    return summary


LOAD_COLUMNS = ("server", "CPU us/delivery median [min-max]", "user us", "kernel us", f"x {BASE}",
                "deliveries/s", "frames/read", "p50 us", "p99 us", "max us", f"p99 x {BASE}")


def load_table(summaries):
    rows = []
    for name, one in summaries.items():
        if not one["runs"]:
            rows.append((name, "failed", *["-"] * (len(LOAD_COLUMNS) - 2)))
            continue
        runs = f" n={one['runs']}" + (f", {one['failed_runs']} failed" if one["failed_runs"] else "")
        rows.append((name, spread(one["cpu_us"]) + runs, f"{one['user_us']:.2f}",
                     f"{one['kernel_us']:.2f}",
                     f"{one['ratio']:.2f}" if one["ratio"] else "-",
                     f"{one['deliveries_per_second']:,.0f}", f"{one['frames_per_read']:.1f}",
                     *(f"{one[name]:,.0f}" for name in ("p50", "p99", "max")),
                     f"{one['p99_ratio']:.2f}" if one["p99_ratio"] else "-"))
    return table(LOAD_COLUMNS, rows)


def memory_table(results):
    columns = ("server", "KiB/connection idle median [min-max]", "in each quarter",
               "after one message", "after a burst", "accept CPU us/connection",
               "idle CPU % of a core")
    rows = []
    for name, runs in results.items():
        if not runs:
            rows.append((name, "failed", *["-"] * (len(columns) - 2)))
            continue
        each = {key: [run[key] for run in runs]
                for key in ("idle_kib", "after_one_message_kib", "after_burst_kib",
                            "accept_cpu_us", "idle_cpu_percent")}
        quarters = [median(run["growth_kib"][i] for run in runs) for i in range(4)]
        rows.append((name, spread(each["idle_kib"]),
                     " ".join(f"{quarter:.2f}" for quarter in quarters),
                     spread(each["after_one_message_kib"]), spread(each["after_burst_kib"]),
                     spread(each["accept_cpu_us"], 0), spread(each["idle_cpu_percent"])))
    return table(columns, rows)


def calls_table(results):
    columns = ("benchmark", "M/s median [min-max]", "us each", "CPU us each", "p50 us", "p99 us",
               "bytes each")
    rows = []
    for name, runs in sorted(results.items()):
        rate = [run["items_per_second"] for run in runs]
        # Time per item: an iteration may hold many.
        cpu_each = [run["cpu_time"] / run["real_time"] / run["items_per_second"] * 1e6
                    for run in runs]
        rows.append((name, spread([value / 1e6 for value in rate]),
                     f"{1e6 / median(rate):.3f}", f"{median(cpu_each):.3f}",
                     *(f"{median(run[key] for run in runs):,.{digits}f}" if key in runs[0] else "-"
                       for key, digits in (("p50_us", 1), ("p99_us", 1), ("bytes_each", 0)))))
    return table(columns, rows)


def plot_rows(summaries):
    """What `plots.bars` draws of a case: name, user and kernel time, least and most of both."""
    rows = []
    for name, one in summaries.items():
        if not one["runs"] or not any(one["cpu_us"]):
            continue
        # The sum is exact, its parts are counted in ticks.
        ticks = one["user_us"] + one["kernel_us"]
        user = median(one["cpu_us"]) * (one["user_us"] / ticks if ticks else 0)
        rows.append((name, user, median(one["cpu_us"]) - user, min(one["cpu_us"]), max(one["cpu_us"])))
    return rows
