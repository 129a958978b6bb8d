"""What a load costs its proxy: processor time from /proc, instructions and cycles from perf where the machine counts them, memory."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
LONGEST = 120  # seconds for one load
EVENTS = "instructions:u,instructions:k,cycles"


def cpu_seconds(processes):
    """User and kernel time of these processes and of those of their children that have ended."""
    total = 0
    for process in processes:
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / TICKS


def pss(processes):
    total = 0
    for process in processes:
        try:
            text = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024
    return total


def settled_pss(processes, patience=15):
    """The least of some seconds: a proxy may give memory back when it finds the time."""
    least, deadline = pss(processes), time.monotonic() + patience
    while time.monotonic() < deadline:
        time.sleep(0.5)
        least = min(least, pss(processes))
    return least


def slab():
    """Kernel memory of the whole machine: other programs are in it too."""
    return int(re.search(r"^Slab:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)[1]) * 1024


class Perf:
    """Counts what processes do between start and stop; gives nothing where the machine has no such counters."""
    works = None

    def __init__(self, processes):
        if Perf.works is None:
            Perf.works = self.is_there()
        self.process = None
        if Perf.works:
            self.process = subprocess.Popen(["perf", "stat", "-x", ";", "-e", EVENTS, "-p", ",".join(map(str, processes))],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(0.3)  # perf does not tell when it counts

    @staticmethod
    def is_there():
        try:
            done = subprocess.run(["perf", "stat", "-x", ";", "-e", EVENTS, "true"], capture_output=True, text=True, check=False)
        except OSError:
            return False
        return done.returncode == 0 and "not " not in done.stderr

    def stop(self):
        """Instructions and cycles, or nothing."""
        if self.process is None:
            return {}
        self.process.send_signal(signal.SIGINT)
        text = self.process.communicate()[1]
        counts = {fields[2]: float(fields[0]) for fields in (line.split(";") for line in text.splitlines()) if len(fields) > 2 and fields[0].isdigit()}
        if len(counts) < 3:
            return {}
        return {"instructions_user": counts["instructions:u"], "instructions_kernel": counts["instructions:k"], "cycles": counts["cycles"]}


class LoadFailed(Exception):
    """The clients could not do what they were asked to."""


def load_command(stage, mode, port, options):
    return [stage.load, mode, "--port", str(port), "--users", stage.users_file, "--ca", stage.tls / "ca.pem", *map(str, options)]


def on_their_processor(stage):
    return lambda: os.sched_setaffinity(0, stage.pinned.others)


def run_load(stage, mode, port, *options):
    """Runs the clients to their end; what they counted. Each must have been served."""
    result = try_load(stage, mode, port, *options)
    if result["errors"] or not result["operations"]:
        raise LoadFailed(f"{result['errors']} errors, {result['operations']} good: {result['first_error']}")
    return result


def try_load(stage, mode, port, *options):
    """The same, whatever became of them."""
    try:
        done = subprocess.run(load_command(stage, mode, port, options), capture_output=True, text=True, check=False, timeout=LONGEST,
                              preexec_fn=on_their_processor(stage))
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"{mode} is not through after {LONGEST} seconds") from None
    if done.returncode:
        raise LoadFailed(done.stderr.strip())
    return json.loads(done.stdout)


def measured_load(peer, mode, port, *options):
    """The same, with what it cost the peer."""
    processes = peer.processes()
    perf = Perf(processes)
    before = cpu_seconds(processes)
    try:
        result = run_load(peer.stage, mode, port, *options)
    finally:
        counted = perf.stop()
    result["cpu_seconds"] = cpu_seconds(processes) - before
    return result | counted


class IdleSessions:
    """Clients that stay in IDLE until they are closed."""

    def __init__(self, peer, count, octets=0):
        command = load_command(peer.stage, "idle", peer.imap, ["--sessions", count, "--concurrency", 32, "--octets", octets])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=on_their_processor(peer.stage))
        self.answer("held", count)

    def answer(self, what, count):
        self.count, result = count, self.next_report()
        if result["errors"] or result["held" if what == "held" else "operations"] != count:
            self.close()
            raise LoadFailed(f"not all {count} are {what}: {result['first_error']}")

    def next_report(self):
        if not select.select([self.process.stdout], [], [], LONGEST)[0]:
            return {"errors": 1, "operations": 0, "first_error": f"no word after {LONGEST} seconds"}
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"errors": 1, "operations": 0, "first_error": self.process.stderr.read()}

    def ask(self):
        self.process.stdin.write("check\n")
        self.process.stdin.flush()

    def check(self):
        """Has each of them end its IDLE, answer once more, and leave."""
        self.ask()
        self.answer("checked", self.count)

    def count_answers(self):
        """The same: how many did, and what the first said that did not."""
        self.ask()
        report = self.next_report()
        return report["operations"], report["first_error"]

    def close(self):
        self.process.kill()
        self.process.communicate()


class Attack:
    """Guessers, silent connections and stalled handshakes, until it is closed. Their processor time must not be missing to the
    clients that are measured, so they have less of a right to it."""

    def __init__(self, peer, guesses=0, silent=0, stalled=0):
        stage = peer.stage

        def place():
            os.sched_setaffinity(0, stage.pinned.others)
            os.nice(10)
        self.guesses, self.silent, self.stalled = guesses, silent, stalled
        self.process = subprocess.Popen(
            [stage.attack, "--port", str(peer.imap), "--users", stage.users_file, "--ca", stage.tls / "ca.pem",
             "--guesses", str(guesses), "--silent", str(silent), "--stalled", str(stalled)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=place)

    def told(self):
        """What it did so far, and what stands."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise LoadFailed(self.process.stderr.read().strip()) from None
        line = self.process.stdout.readline()
        if not line:
            raise LoadFailed(self.process.stderr.read().strip())
        return json.loads(line)

    def wait_until_it_stands(self, seconds):
        """All connections, and nearly all guesses; at most so long, for not every machine can do that."""
        deadline, before = time.monotonic() + seconds, self.told()
        while time.monotonic() < deadline:
            time.sleep(1)
            told = self.told()
            rate = (told["guesses"]["sent"] - before["guesses"]["sent"]) / (told["seconds"] - before["seconds"])
            if told["silent"]["standing"] >= self.silent and told["stalled"]["standing"] >= self.stalled and rate >= 0.97 * self.guesses:
                return
            before = told

    def close(self):
        self.process.kill()
        self.process.communicate()
