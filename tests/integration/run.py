#!/usr/bin/env python3
"""Starts the demo once, tests it end to end, stops it, and searches its logs. The last line counts what passed."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import demo

here = pathlib.Path(__file__).resolve().parent
repository = here.parents[1]
modules = ["test_reading", "test_sending", "test_refusals", "test_wire", "test_web", "test_commands", "test_outbox", "test_processes",
           "test_pool", "test_reload", "test_upgrade", "test_live", "test_fairness", "test_limits", "test_tls", "test_starttls",
           "test_proxy_header", "test_capabilities", "test_metrics", "test_traffic", "test_nginx_differential", "test_faults",
           "test_backend_tls", "test_isolation", "test_attacks", "test_client_certificates", "test_backends_down"]


class Counts:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, result):
        broken = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
        self.failed += broken
        self.passed += max(0, result.testsRun - broken)

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL: {what}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="release", help="test build/PRESET/app/postern (default: release)")
    parser.add_argument("--binary", help="test this program instead")
    parser.add_argument("--keep", action="store_true", help="keep the work folder, also when all passed")
    parser.add_argument("only", nargs="*", help="modules, classes or tests to run, such as test_wire.Glued (default: all)")
    return parser.parse_args()


def start_demo(arguments, folder):
    which = ["--binary", arguments.binary] if arguments.binary else ["--preset", arguments.preset]
    with open(folder / "demo.out", "wb") as output:
        process = subprocess.Popen(
            [repository / "scripts" / "demo", "--no-install", "--no-build", "--dir", folder / "demo", "--env", folder / "env",
             "--port-base", "auto", *which], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 180
    while not (folder / "env").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            stop_demo(process)
            return None
        time.sleep(0.1)
    return process


def stop_demo(process):
    """Ends the demo as Ctrl-C would; its status tells whether postern ended in order, without a sanitizer's finding."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(90)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def run_tests(names, counts):
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    counts.add(unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite))


def show_tail(file, lines=60):
    if file.exists():
        print(f"--- the end of {file}")
        print("\n".join(file.read_text(errors="replace").splitlines()[-lines:]))


def main():
    arguments = parse_arguments()
    sys.path.insert(0, str(here))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-test."))
    os.chmod(folder, 0o711)
    counts = Counts()
    process = start_demo(arguments, folder)
    counts.check(process is not None, "the demo does not start")
    if process:
        demo.load(folder / "env")
        try:
            run_tests(arguments.only or modules, counts)
        finally:
            status = stop_demo(process)
        counts.check(status == 0, f"the demo ended with status {status}")
        if not arguments.only:
            run_tests(["test_logs"], counts)
    if counts.failed:
        show_tail(folder / "demo.out", 40)
        show_tail(folder / "demo" / "log" / "postern.log")
        print(f"Everything is in {folder}")
    elif not arguments.keep:
        shutil.rmtree(folder)
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
