#!/usr/bin/env python3
"""Counts the instructions of the hot functions and of one login under callgrind, and fails when one has grown by more than 5 %
against instructions.json. Nothing is timed: the figures are the same on every x86-64 machine with Debian 12's libraries."""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import measure
import peers

repository = pathlib.Path(__file__).resolve().parents[2]
COMMITTED = pathlib.Path(__file__).with_suffix(".json")
TOLERANCE = 0.05
LOGINS = 50
ROUND_TRIPS = 1000
LIBRARIES = ("libc6", "libssl3", "libsqlite3-0", "libsodium23", "libstdc++6", "libpugixml1v5")  # whose instructions are counted too


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=repository / "build/release", help="where postern and the benchmarks were built (default: build/release)")
    parser.add_argument("--update", action="store_true", help="write what is counted to instructions.json instead of comparing")
    return parser.parse_args()


def library_versions():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *LIBRARIES], capture_output=True, text=True, check=False)
    return dict(line.split() for line in done.stdout.splitlines())


def hot_functions(stage):
    """Instructions of one call of each function of bench_hot_functions."""
    folder = stage.folder / "hot"
    folder.mkdir()
    program = peers.without_debugging_information(stage, stage.build / "tests/bench/hot/bench_hot_functions")
    done = subprocess.run([*peers.callgrind(folder), program, "--count"], capture_output=True, text=True, check=False,
                          timeout=measure.LONGEST, env=os.environ | peers.ONE_PROCESSOR)
    if done.returncode:
        raise peers.Unusable("bench_hot_functions: " + done.stderr.strip())
    calls = dict(line.split() for line in done.stdout.splitlines())
    counts = {}
    for file in folder.glob("callgrind.*"):
        text = file.read_text()
        trigger = re.search(r"^desc: Trigger: Client Request: (\S+)$", text, re.MULTILINE)
        if trigger:
            counts[trigger[1]] = peers.total_of(text) / int(calls[trigger[1]])
    return {name: counts[name] for name in calls}


def sessions(stage):
    """Instructions of postern, all of its threads, for one login and for one round trip, from the difference of some and twice as
    many of them, so that what happens once does not count."""
    peer = peers.CountedPostern(stage)
    peer.start()
    try:
        measure.run_load(stage, "login", peer.imap, "--count", 2 * len(stage.users))  # here the password is hashed

        def of_each(number, mode, *options):
            few, many = (peer.count(lambda count=count: measure.run_load(stage, mode, peer.imap, "--count", count, *options))[1] for count in (number, 2 * number))
            return (many - few) / number
        return {"postern/login": of_each(LOGINS, "login"), "postern/resumed_login": of_each(LOGINS, "login", "--resume"),
                "postern/round_trip": of_each(ROUND_TRIPS, "roundtrip")}
    finally:
        peer.stop()


def verdict(name, counted, committed):
    """The line that says it, which begins with ok or FAIL."""
    if committed is None:
        return f"FAIL {name}: {counted:.3f} k instructions; there is no committed figure: instructions.py --update"
    change = counted / committed - 1
    told = f"{name}: {counted:.3f} k instructions, {change:+.1%} against {committed:.3f}"
    if change > TOLERANCE:
        return f"FAIL {told}: it has grown by more than {TOLERANCE:.0%}"
    return f"ok   {told}" + (": renew the figure with instructions.py --update" if change < -TOLERANCE else "")


def compare(counted, committed):
    """Whether all is well; prints a line for each figure."""
    lines = [verdict(name, value, committed["k_instructions"].get(name)) for name, value in counted.items()]
    lines += [f"FAIL {name}: nobody counts it any more: instructions.py --update" for name in committed["k_instructions"] if name not in counted]
    print("\n".join(lines))
    is_good = all(line.startswith("ok ") for line in lines)
    here = library_versions()
    others = [f"{name} {version} (here {here.get(name, 'none')})" for name, version in committed["libraries"].items() if here.get(name) != version]
    if others and not is_good:
        print("The committed figures are of other libraries: " + ", ".join(others))
    return is_good


def count_all(build):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-instructions."))
    try:
        stage = peers.Stage(folder, build.resolve(), 1)
        try:
            counts = hot_functions(stage) | sessions(stage)
        finally:
            stage.close()
    finally:
        shutil.rmtree(folder)
    return {name: round(count / 1000, 3) for name, count in counts.items()}


def main():
    arguments = parse_arguments()
    if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
        sys.exit("error: this processor has no AVX2: the libraries would run other code than was counted")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        counted = count_all(arguments.build)
    except (peers.Unusable, measure.LoadFailed) as error:
        sys.exit(f"error: {error}")
    if arguments.update:
        COMMITTED.write_text(json.dumps({"libraries": library_versions(), "k_instructions": counted}, indent=2) + "\n")
        print(f"{COMMITTED.name} has {len(counted)} figures")
        return
    if not compare(counted, json.loads(COMMITTED.read_text())):
        sys.exit(1)


if __name__ == "__main__":
    main()
