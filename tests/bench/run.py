#!/usr/bin/env python3
"""Drives postern and the mail proxies people would use instead side by side, and writes what it saw as Markdown."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import axes
import measure
import peers
import report

repository = pathlib.Path(__file__).resolve().parents[2]
DESCRIPTORS = 200_000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=repository / "build/release", help="where postern and the load generator were built (default: build/release)")
    parser.add_argument("--repetitions", type=int, default=3, help="of each measurement (default: 3); medians are shown")
    parser.add_argument("--seconds", type=float, help="of each measurement (default: 5, with --quick 1.5)")
    parser.add_argument("--only", action="append", choices=axes.AXES, metavar="AXIS", help="measure this alone; may be given again: " + ", ".join(axes.AXES))
    parser.add_argument("--long-sessions", type=int, default=20_000, help="of the axis idle_long, which is measured only when it is asked for (default: 20000)")
    parser.add_argument("--hold", type=float, default=600, help="seconds in which nothing happens to them (default: 600)")
    parser.add_argument("--quick", action="store_true", help="shorter, and with fewer idle sessions: to see that it works")
    parser.add_argument("--users", type=int, default=100, help="accounts that log in (default: 100)")
    parser.add_argument("--moving-sessions", type=int, default=10_000, help="of the axis moved, 10 MB each (default: 10000)")
    parser.add_argument("--output", type=pathlib.Path, help="the Markdown goes to this file (default: standard output)")
    parser.add_argument("--json", type=pathlib.Path, help="all samples go to this file")
    parser.add_argument("--keep", action="store_true", help="keep the work folder")
    return parser.parse_args()


def allow_many_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, max(hard, DESCRIPTORS)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        print(f"only {hard} descriptors are allowed: larger numbers of idle sessions are held by several processes", file=sys.stderr)


def version(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return "none"
    found = re.search(r"\d+\.\d+(\.\d+)*", done.stdout)
    return found[0] if found else "?"


def options_that_matter(given):
    """Without where the result goes."""
    kept, places = [], iter(given)
    for option in places:
        if option in ("--json", "--output"):
            next(places, None)
        elif option != "--keep" and not option.startswith(("--json=", "--output=")):
            kept.append(option)
    return kept


def heading(arguments, stage):
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    revision = subprocess.run(["git", "-C", repository, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    command = " ".join(["scripts/bench", *options_that_matter(sys.argv[1:])])
    pinning = "the proxy alone on one of them, clients and backend on the rest" if stage.pinned.proxy != stage.pinned.all else "shared by all"
    return [f"## {datetime.date.today().isoformat()}, revision {revision}", "",
            f"`{command}`", "",
            f"{len(stage.pinned.all)} processors ({model[1] if model else platform.machine()}), {pinning}; {int(memory[1]) / 2 ** 20:.0f} GiB, Linux {platform.release().split('-')[0]}, "
            f"load average {os.getloadavg()[0]:.1f} at the start. nginx {version('nginx', '-v')}, HAProxy {version('haproxy', '-v')}, Dovecot {version('dovecot', '--version')}, "
            f"OpenSSL {version('/usr/bin/openssl', 'version')}. TLS 1.3, AES-128-GCM, ECDSA P-256. Medians of {arguments.repetitions}. "
            + ("Instructions and cycles by perf." if measure.Perf.works else "This machine has no counters of instructions and cycles: bounds on these are judged by CPU time.")]


def main():
    arguments = parse_arguments()
    for program in ("app/postern", "tests/bench/hot/bench_hot_functions", *(f"tests/bench/load/bench_{name}" for name in ("load", "backend", "attack"))):
        if not (arguments.build / program).exists():
            sys.exit(f"{arguments.build / program} is missing: scripts/bench builds it")
    allow_many_descriptors()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench."))
    os.chmod(folder, 0o755)
    stage = peers.Stage(folder, arguments.build.resolve(), arguments.users)
    measure.Perf.works = measure.Perf.is_there()
    head = heading(arguments, stage)
    bench = axes.Bench(stage, arguments)
    try:
        for axis in arguments.only or axes.BY_DEFAULT:
            axes.AXES[axis](bench)
    except KeyboardInterrupt:
        print("interrupted: what there is follows", file=sys.stderr)
    finally:
        bench.close()
        stage.close()
    text = report.markdown(bench.results, head)
    if arguments.output:
        arguments.output.write_text(text + "\n")
    else:
        print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps({"samples": bench.results.samples, "reasons": bench.results.reasons}, indent=1))
    if arguments.keep:
        print(f"Everything is in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
