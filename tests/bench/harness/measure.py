"""Runs the cases: servers in turn within each round, so that what a round has in common is shared."""

import contextlib
import json
import re
import subprocess
import time
from pathlib import Path

from . import servers


class Bench:
    """What all cases need: the programs, two cores, and how long everything takes."""

    def __init__(self, build, cores, seconds, rounds, say):
        self.build = build
        self.server_core, self.load_core = cores
        self.seconds = seconds
        self.rounds = rounds
        self.say = say
        self.absent = set()

    def command_of(self, server, mode):
        """The server's command line, or None; says once why it cannot take part."""
        try:
            return server.command(mode)
        except servers.Missing as why:
            if server.name not in self.absent:
                self.absent.add(server.name)
                self.say(f"    without {server.name}: {why}")
            return None

    def generator(self, *words):
        return ["taskset", "-c", str(self.load_core), str(self.build / "callsign-load"), *words]


def run_case(bench, case, wanted):
    """All rounds of one case: for each server its reports, one for each round."""
    modes = [(server, case.mode_for(server.modes)) for server in wanted]
    able = [(server, mode) for server, mode in modes if mode and bench.command_of(server, mode)]
    results = {server.name: [] for server, _ in able}
    for number in range(bench.rounds):
        bench.say(f"    round {number + 1} of {bench.rounds}")
        # Each round begins with another server: nobody always follows the same one.
        turn = number % len(able) if able else 0
        for server, mode in able[turn:] + able[:turn]:
            results[server.name].append(run_load(bench, case, server, mode))
    return results


def run_load(bench, case, server, mode):
    """One run; a report whose check is not ok counts for nothing, but is kept."""
    try:
        with (server.start(mode, bench.server_core) as running,
              Idlers(bench, running.url, case.members) if case.members else contextlib.nullcontext()):
            done = subprocess.run(
                bench.generator(*case.load, "--url", running.url, "--name", server.name,
                                "--pid", str(running.pid), "--seconds", str(bench.seconds)),
                capture_output=True, text=True, timeout=120 + 5 * bench.seconds, check=False)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return failed(server, str(error), bench.say)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return failed(server, done.stderr.strip() or "the generator said nothing", bench.say)
    if not report["check"]["ok"]:
        faults = {name: count for name, count in report["check"].items() if count and name != "ok"}
        why = report.get("failure", "")
        bench.say(f"    {server.name}: the check failed: {why} {faults}")
    return report


def failed(server, why, say):
    say(f"    {server.name}: failed: {why}")
    return {"name": server.name, "check": {"ok": False}, "failure": why}


def read_pss(pid):
    """User memory of a process in KiB, shared pages in proportion."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE).group(1))


def read_cpu(pid):
    """Processor time of all threads of a process in seconds."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


class Idlers:
    """The generator in mode `idle`, which holds connections and obeys lines."""

    LIMIT = 120

    def __init__(self, bench, url, count):
        self.process = subprocess.Popen(
            bench.generator("idle", "--url", url, "--connections", str(count), "--sources", "50"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.await_ready()

    def await_ready(self):
        line = servers.read_line(self.process, self.LIMIT)
        if line is None or not line.startswith("ready"):
            raise RuntimeError("the idle connections could not be opened or held")

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.await_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def measure_memory(bench, server, few, many):
    """User memory for each of the connections between `few` and `many`, in KiB, and what it took.

    `growth_kib` is that of each quarter of the way; a burst is 200 messages to and from everybody at
    once, and what is left a few seconds after it.
    """
    settle, watch = 1.0, 2.0
    with server.start("echo", bench.server_core) as running:
        with Idlers(bench, running.url, few) as clients:
            # So that the first few are the same at both ends of each difference.
            clients.order("echo")
            time.sleep(settle)
            before, cpu_before = read_pss(running.pid), read_cpu(running.pid)
            growth = [before]
            for quarter in range(1, 5):
                clients.order(str(few + (many - few) * quarter // 4))
                time.sleep(settle)
                growth.append(read_pss(running.pid))
            after, cpu_after = growth[-1], read_cpu(running.pid)
            time.sleep(watch)
            cpu_idle = read_cpu(running.pid) - cpu_after
            clients.order("echo")
            time.sleep(settle)
            later = read_pss(running.pid)
            clients.order("burst")
            time.sleep(watch + settle)
            last = read_pss(running.pid)
    count = many - few
    return {"idle_kib": (after - before) / count,
            "growth_kib": [(b - a) * 4 / count for a, b in zip(growth, growth[1:])],
            "after_one_message_kib": (later - before) / count,
            "after_burst_kib": (last - before) / count,
            "accept_cpu_us": (cpu_after - cpu_before) * 1e6 / count,
            "idle_cpu_percent": 100 * cpu_idle / watch}


def run_memory(bench, wanted, few, many):
    """All rounds of the memory case."""
    able = [server for server in wanted if not server.url and bench.command_of(server, "echo")]
    results = {server.name: [] for server in able}
    for number in range(bench.rounds):
        bench.say(f"    round {number + 1} of {bench.rounds}")
        for server in able:
            try:
                results[server.name].append(measure_memory(bench, server, few, many))
            except (RuntimeError, OSError) as error:
                bench.say(f"    {server.name}: failed: {error}")
    return results


def run_calls(bench):
    """The worker calls: for each benchmark its repetitions, in an order drawn by lot."""
    program = bench.build / "call-benchmark"
    if not program.is_file():
        bench.say("    call-benchmark is not built")
        return {}
    results = {}
    run_benchmarks(bench, [f"--benchmark_repetitions={bench.rounds}", "--benchmark_filter=-idle_memory",
                           "--benchmark_enable_random_interleaving=true",
                           f"--benchmark_min_time={bench.seconds / 4}"], results)
    # What one of these frees, the next would find: each has a process of its own.
    listed = subprocess.run([str(program), "--benchmark_list_tests", "--benchmark_filter=idle_memory"],
                            capture_output=True, text=True, check=True).stdout.split()
    for name in bench.rounds * listed:
        run_benchmarks(bench, [f"--benchmark_filter=^{name}$"], results)
    return results


def run_benchmarks(bench, options, results):
    """Adds to each benchmark's runs those of one process."""
    done = subprocess.run([str(bench.build / "call-benchmark"), "--benchmark_format=json", *options],
                          capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode != 0:
        bench.say(f"    call-benchmark failed: {done.stderr.strip()}")
        return
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] == "iteration" and not run.get("error_occurred"):
            name = run["run_name"]
            for ending in ("/process_time", "/real_time", "/iterations:1"):
                name = name.replace(ending, "")
            results.setdefault(name, []).append(
                {key: run[key] for key in ("real_time", "cpu_time", "time_unit", "items_per_second",
                                           "iterations", "p50_us", "p99_us", "bytes_each")
                 if key in run})
