"""What is measured: each axis drives its peers in turn, several times over, and keeps every sample."""

import collections
import dataclasses
import json
import math
import os
import statistics
import subprocess
import sys
import time
import urllib.request
import ssl

import measure
import peers

GIB = 2 ** 30
CLIENTS = 16
FLOWS = 4
MAIL_OCTETS = 4096
LARGE_MAIL_OCTETS = 16 * 2 ** 20
FLOW_OCTETS = 10 ** 7
FAILURES = (peers.Unusable, measure.LoadFailed, subprocess.SubprocessError, OSError)
GOOD_LOGINS = 50  # a second, while others attack


class Results:
    """Samples by axis and peer: dictionaries of figures. A peer that failed has the reason instead."""

    def __init__(self):
        self.samples, self.reasons = {}, {}

    def expect(self, axis, kinds):
        """The order of the rows."""
        self.samples[axis] = {kind.name: [] for kind in kinds}

    def add(self, axis, peer, sample):
        self.samples[axis][peer].append(sample)

    def fail(self, axis, peer, reason):
        self.reasons.setdefault(axis, {})[peer] = reason
        print(f"  {peer}: {reason}", file=sys.stderr, flush=True)

    def reason(self, axis, peer):
        """Why there are no samples; fit for a cell."""
        return " ".join(self.reasons.get(axis, {}).get(peer, "not measured").replace("|", "/").split())[:200]

    def median(self, axis, peer, figure):
        """None where it was not measured."""
        values = [sample[figure] for sample in self.samples.get(axis, {}).get(peer, []) if sample.get(figure) is not None]
        return statistics.median(values) if values else None


def per_operation(result, unit):
    """CPU in microseconds, instructions and cycles in thousands, for one of `unit` operations."""
    sample = {"per_second": unit / result["seconds"] if result["seconds"] else None, "cpu_us": result["cpu_seconds"] / unit * 1e6}
    if "cycles" in result:
        sample |= {name: result[name] / unit / 1e3 for name in ("instructions_user", "instructions_kernel", "cycles")}
        sample["instructions"] = sample["instructions_user"] + sample["instructions_kernel"]
    return sample


def per_gib(result):
    gib = result["octets"] / GIB
    sample = {"mb_per_second": result["octets"] / result["seconds"] / 1e6, "cpu_per_gib": result["cpu_seconds"] / gib}
    if "cycles" in result:
        sample |= {f"{name}_per_gib": result[name] / gib / 1e9 for name in ("instructions_user", "instructions_kernel", "cycles")}
    return sample


@dataclasses.dataclass(frozen=True)
class Attackers:
    """Who else is there while somebody logs in."""
    name: str
    guesses: int = 0  # a second
    silent: int = 0
    stalled: int = 0


ATTACKS = (Attackers("quiet"), Attackers("guesses", guesses=1000), Attackers("silent, stalled", silent=2000, stalled=500),
           Attackers("all", guesses=1000, silent=2000, stalled=500))


ANSWERS = {"wrong": "[AUTHENTICATIONFAILED]", "throttled": "Too many failed logins", "busy": "Too many logins at the moment"}  # to guesses


def answer_kind(text):
    return next((kind for kind, words in ANSWERS.items() if words in text), "otherwise")


class Function:
    """A row of the axis functions."""

    def __init__(self, name):
        self.name = name


class Holders:
    """Peers of one kind, as many as it takes to hold that many sessions, each before a backend of its own. One is enough for as
    many as a process may have descriptors for."""

    def __init__(self, bench, kind, sessions):
        self.stage, self.peers, self.held = bench.stage, [], []
        try:
            for number in range(math.ceil(sessions / bench.most_sessions)):
                peer = kind(self.stage, self.stage.start_backend() if number else None)
                self.peers.append(peer)
                bench.start(peer)
        except BaseException:
            self.close()
            raise
        self.most = bench.most_sessions

    def processes(self):
        return [process for peer in self.peers for process in peer.processes()]

    def hold(self, sessions):
        """Opens more, evenly, until there are that many. By how many peers they are held."""
        used = math.ceil(sessions / self.most)
        for number, peer in enumerate(self.peers[:used]):
            there = sum(held.count for at, held in self.held if at is peer)
            more = sessions // used + (number < sessions % used) - there
            if more > 0:
                self.held.append((peer, measure.IdleSessions(peer, more)))
        return used

    def sessions(self):
        return [held for _, held in self.held]

    def close(self):
        for held in self.sessions():
            held.close()
        for peer in self.peers:
            peer.stop()


class Bench:
    def __init__(self, stage, arguments):
        self.stage, self.repetitions, self.quick = stage, arguments.repetitions, arguments.quick
        self.seconds = arguments.seconds or (1.5 if self.quick else 5)
        self.idle_steps = [1000, 5000] if self.quick else [1000, 5000, 10000, 20000]
        self.most_sessions = (peers.most_sessions() - 100) // 500 * 500
        self.long_idle = (arguments.long_sessions, arguments.hold)
        self.moved = (500, 1_000_000) if self.quick else (arguments.moving_sessions, FLOW_OCTETS)
        self.results = Results()
        self.running = {}

    def started(self, kind):
        """The peer of that kind, running and warm. It runs on until close()."""
        if kind not in self.running:
            self.running[kind] = kind(self.stage)
            self.start(self.running[kind])
        if self.running[kind].process is None:
            raise peers.Unusable("does not start")
        return self.running[kind]

    def start(self, peer):
        """Every user logs in twice: the first time is where a password is hashed, which may take longer than a busy machine waits."""
        peer.start()
        for mode, port in (("login", peer.imap), ("submit", peer.submission)):
            for load in (measure.try_load, measure.run_load):
                load(self.stage, mode, port, "--count", len(self.stage.users), "--concurrency", 4)

    def close(self):
        for peer in self.running.values():
            peer.stop()

    def alternate(self, axis, kinds, sample):
        """Has each kind sampled in turn, `repetitions` times, after once for nothing."""
        print(axis, file=sys.stderr, flush=True)
        usable = list(kinds)
        self.results.expect(axis, kinds)
        for repetition in range(self.repetitions + 1):
            for kind in list(usable):
                try:
                    figures = sample(self.started(kind), 0.5 if repetition == 0 else self.seconds)
                except FAILURES as error:
                    usable.remove(kind)
                    self.results.fail(axis, kind.name, str(error))
                    continue
                if repetition:
                    self.results.add(axis, kind.name, figures)

    mail_peers = (peers.Postern, peers.Nginx, peers.Haproxy, peers.Dovecot)

    def login(self):
        def sample(peer, seconds):
            result = measure.measured_load(peer, "login", peer.imap, "--seconds", seconds, "--concurrency", CLIENTS)
            return per_operation(result, result["operations"])
        self.alternate("login", self.mail_peers, sample)

    def resumed(self):
        def sample(peer, seconds):
            result = measure.measured_load(peer, "login", peer.imap, "--seconds", seconds, "--concurrency", CLIENTS, "--resume")
            return per_operation(result, result["operations"]) | {"resumed_share": result["resumed"] / result["handshakes"]}
        self.alternate("resumed", self.mail_peers, sample)

    def submission(self):
        def sample(peer, seconds):
            result = measure.measured_load(peer, "submit", peer.submission, "--seconds", seconds, "--concurrency", CLIENTS, "--octets", MAIL_OCTETS)
            return per_operation(result, result["operations"])
        self.alternate("submission", self.mail_peers, sample)

    def latency(self):
        def sample(peer, seconds):
            login = measure.run_load(self.stage, "login", peer.imap, "--seconds", seconds)
            submit = measure.run_load(self.stage, "submit", peer.submission, "--seconds", seconds, "--octets", MAIL_OCTETS)
            return {f"{name}_{place}_ms": result["microseconds"][place] / 1e3
                    for name, result in (("login", login), ("submission", submit)) for place in ("p50", "p99")}
        self.alternate("latency", self.mail_peers, sample)

    def roundtrip(self):
        def sample(peer, seconds):
            direct = measure.run_load(self.stage, "roundtrip", self.stage.backend_ports["imap"], "--plain", "--seconds", seconds / 2)
            result = measure.measured_load(peer, "roundtrip", peer.imap, "--seconds", seconds)
            times, straight = result["microseconds"], direct["microseconds"]
            return per_operation(result, result["operations"]) | {
                "p50_us": times["p50"], "p99_us": times["p99"], "added_p50_us": times["p50"] - straight["p50"], "added_p99_us": times["p99"] - straight["p99"]}
        self.alternate("roundtrip", self.mail_peers, sample)

    def flow(self, axis, mode):
        def sample(peer, seconds):
            return per_gib(measure.measured_load(peer, mode, peer.imap, "--seconds", seconds, "--concurrency", FLOWS, "--octets", FLOW_OCTETS))
        self.alternate(axis, (peers.Postern, peers.Nginx, peers.Nginx16k, peers.Haproxy, peers.Dovecot), sample)

    def download(self):
        self.flow("download", "fetch")

    def upload(self):
        self.flow("upload", "append")

    def guard(self):
        """Large messages beside uploads to IMAP, which are relayed in the same way but not read line by line."""
        def sample(peer, seconds):
            upload = measure.measured_load(peer, "append", peer.imap, "--seconds", seconds, "--concurrency", FLOWS, "--octets", LARGE_MAIL_OCTETS)
            mail = measure.measured_load(peer, "submit", peer.submission, "--seconds", seconds, "--concurrency", FLOWS, "--octets", LARGE_MAIL_OCTETS)
            figures = per_gib(mail)
            return figures | {"beside_upload": figures["cpu_per_gib"] / per_gib(upload)["cpu_per_gib"]}
        self.alternate("guard", (peers.Postern, peers.Nginx, peers.Haproxy), sample)

    def web(self):
        def sample(peer, seconds):
            if isinstance(peer, peers.Nginx):
                peer.serve_file(self.autoconfig_document())
            result = measure.measured_load(peer, "http", peer.https, "--host", peers.WEB_HOST, "--path", peers.AUTOCONFIG,
                                           "--seconds", seconds, "--concurrency", 64)
            return per_operation(result, result["operations"]) | {"per_cpu_second": result["operations"] / result["cpu_seconds"]}
        self.alternate("autoconfig", (peers.Postern, peers.Nginx), sample)

    def autoconfig_document(self):
        """The octets that postern answers with."""
        peer = self.started(peers.Postern)
        context = ssl.create_default_context(cafile=self.stage.tls / "ca.pem")
        context.check_hostname = False
        request = urllib.request.Request(f"https://127.0.0.1:{peer.https}{peers.AUTOCONFIG}", headers={"Host": peers.WEB_HOST})
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return answer.read()

    def threads(self):
        """Two threads of postern's beside one. Clients and backend need processors of their own."""
        if len(self.stage.pinned.all) < 4:
            self.results.expect("threads", (peers.Postern, peers.PosternTwoThreads))
            for kind in (peers.Postern, peers.PosternTwoThreads):
                self.results.fail("threads", kind.name, "needs four processors")
            return

        def sample(peer, seconds):
            result = measure.measured_load(peer, "login", peer.imap, "--seconds", seconds, "--concurrency", 2 * CLIENTS)
            return per_operation(result, result["operations"])
        self.alternate("threads", (peers.Postern, peers.PosternTwoThreads), sample)

    def instructions(self):
        """Counted by valgrind: what perf tells, in user mode alone, also where the machine has no counters."""
        kinds = (peers.CountedPostern, peers.CountedNginx, peers.CountedHaproxy)
        loads = {"login": ("login", "imap", []), "resumed": ("login", "imap", ["--resume"]), "submission": ("submit", "submission", ["--octets", MAIL_OCTETS]),
                 "roundtrip": ("roundtrip", "imap", [])}
        flows = {"download": "fetch", "upload": "append"}
        print("instructions", file=sys.stderr, flush=True)
        self.results.expect("instructions", kinds)

        def take(peer):
            figures = {}
            for name, (mode, port, options) in loads.items():
                result, count = peer.count(lambda m=mode, p=port, o=options: measure.run_load(self.stage, m, getattr(peer, p), "--count", 100, *o))
                figures[name] = count / result["operations"] / 1e3
            for name, mode in flows.items():
                result, count = peer.count(lambda m=mode: measure.run_load(self.stage, m, peer.imap, "--count", 5, "--octets", FLOW_OCTETS))
                figures[name] = count / (result["octets"] / GIB) / 1e6
            self.results.add("instructions", peer.name, figures)
        with self.stage.few_users(4):
            for kind in kinds:
                self.fresh("instructions", kind, take)

    def fresh(self, axis, kind, take):
        """A peer of its own for `take`, started anew."""
        peer = None
        try:
            peer = kind(self.stage)
            self.start(peer)
            take(peer)
        except FAILURES as error:
            self.results.fail(axis, kind.name, str(error))
        finally:
            if peer:
                peer.stop()

    def idle_of(self, axis, kinds):
        print(axis, file=sys.stderr, flush=True)
        self.results.expect(axis, kinds)

        def take(kind):
            holders = Holders(self, kind, self.idle_steps[-1])
            try:
                processes = holders.processes()
                memory, kernel = measure.pss(processes), measure.slab()
                figures = {}
                for held in self.idle_steps:
                    figures[f"processes_{held}"] = holders.hold(held)
                    figures |= {f"pss_{held}": (measure.pss(processes) - memory) / held, f"slab_{held}": (measure.slab() - kernel) / held}
                before = measure.cpu_seconds(processes)
                time.sleep(2)
                figures["idle_cpu_percent"] = (measure.cpu_seconds(processes) - before) / 2 * 100
                for sessions in holders.sessions():
                    sessions.check()
            finally:
                holders.close()
            self.results.add(axis, kind.name, figures)
        for _ in range(1 if self.quick else min(self.repetitions, 2)):
            for kind in kinds:
                self.attempt(axis, kind, lambda kind=kind: take(kind))

    def attempt(self, axis, kind, take):
        try:
            take()
        except FAILURES as error:
            self.results.fail(axis, kind.name, str(error))

    def idle(self):
        self.idle_of("idle", self.mail_peers)

    def idle_tls(self):
        self.idle_of("idle_tls", (peers.PosternTlsBehind, peers.HaproxyTlsBehind))

    def idle_long(self):
        """What becomes of many sessions in a long time in which nothing happens."""
        axis, kind, (sessions, seconds) = "idle_long", peers.Postern, self.long_idle
        print(axis, file=sys.stderr, flush=True)
        self.results.expect(axis, (kind,))

        def take():
            holders = Holders(self, kind, sessions)
            try:
                processes = holders.processes()
                memory, kernel = measure.pss(processes), measure.slab()
                figures = {"sessions": sessions, "processes": holders.hold(sessions), "seconds": seconds}
                for when in ("begin", "end"):
                    if when == "end":
                        before = measure.cpu_seconds(processes)
                        time.sleep(seconds)
                        figures["cpu_percent"] = (measure.cpu_seconds(processes) - before) / seconds * 100
                    figures |= {f"pss_{when}": (measure.pss(processes) - memory) / sessions, f"slab_{when}": (measure.slab() - kernel) / sessions}
                answers = [held.count_answers() for held in holders.sessions()]
                figures["answered"] = sum(good for good, _ in answers)
                for _, problem in answers:
                    if problem:
                        print(f"  {kind.name}: {problem}", file=sys.stderr, flush=True)
            finally:
                holders.close()
            self.results.add(axis, kind.name, figures)
        self.attempt(axis, kind, take)

    def fairness(self):
        """Good logins at a steady rate from one address, while nobody else is there and while others attack."""
        axis, seconds = "fairness", 4 * self.seconds
        print(axis, file=sys.stderr, flush=True)
        self.results.expect(axis, ATTACKS)

        def sample(attackers):
            peer, attack = peers.Postern(self.stage), None
            try:
                self.start(peer)
                attack = measure.Attack(peer, attackers.guesses, attackers.silent, attackers.stalled)
                attack.wait_until_it_stands(3 * self.seconds)
                before, used = attack.told(), measure.cpu_seconds(peer.processes())
                good = measure.try_load(self.stage, "login", peer.imap, "--seconds", seconds, "--rate", GOOD_LOGINS, "--concurrency", 10_000)
                after, used = attack.told(), measure.cpu_seconds(peer.processes()) - used
            finally:
                if attack:
                    attack.close()
                peer.stop()
            if good["errors"]:
                print(f"  {attackers.name}: {good['errors']} good logins failed, the first: {good['first_error']}", file=sys.stderr, flush=True)
            times, lasted = good["microseconds"], after["seconds"] - before["seconds"]
            answers = collections.Counter()
            for text, number in after["guesses"]["answers"].items():
                answers[answer_kind(text)] += (number - before["guesses"]["answers"].get(text, 0)) / lasted
            self.results.add(axis, attackers.name, {
                **{f"{place}_ms": times[place] / 1e3 for place in ("p50", "p99", "max")}, "failed": good["errors"], "logins": good["operations"],
                "cpu_percent": used / lasted * 100, "wanted": attackers.guesses,
                **{name: (after["guesses"][name] - before["guesses"][name]) / lasted for name in ("sent", "connections", "unanswered", "ungreeted")},
                **{f"answered_{kind}": answers[kind] for kind in (*ANSWERS, "otherwise")},
                **{name: min(told[name]["standing"] for told in (before, after)) for name in ("silent", "stalled")}})
        for _ in range(self.repetitions):
            for attackers in ATTACKS:
                self.attempt(axis, attackers, lambda attackers=attackers: sample(attackers))

    def functions(self):
        """Single calls of what every login, session or request runs."""
        axis = "functions"
        print(axis, file=sys.stderr, flush=True)
        program = self.stage.build / "tests/bench/hot/bench_hot_functions"
        for _ in range(self.repetitions):
            done = subprocess.run([program, "--benchmark_format=json"], capture_output=True, text=True, check=True, timeout=measure.LONGEST,
                                  preexec_fn=lambda: os.sched_setaffinity(0, self.stage.pinned.proxy))
            found = json.loads(done.stdout)["benchmarks"]
            if axis not in self.results.samples:
                self.results.expect(axis, [Function(one["name"]) for one in found])
            for one in found:
                self.results.add(axis, one["name"], {"us": 1e6 / one["items_per_second"], "p99_us": one["p99_us"]})

    def moved_memory(self):
        """What sessions hold that have moved much, beside as many that have not, and what is left when all have gone."""
        axis, (sessions, octets) = "moved", (min(self.moved[0], self.most_sessions), self.moved[1])
        kinds = (peers.Postern, peers.Nginx, peers.Haproxy)
        print(axis, file=sys.stderr, flush=True)
        self.results.expect(axis, kinds)

        def take(peer):
            processes = peer.processes()
            figures = {"sessions": sessions, "octets": octets, "before": measure.pss(processes)}
            for name, size in (("idle", 0), ("moved", octets)):
                held = measure.IdleSessions(peer, sessions, size)
                try:
                    figures[f"{name}_held"] = measure.pss(processes)
                    held.check()
                finally:
                    held.close()
                measure.run_load(self.stage, "login", peer.imap, "--count", len(self.stage.users), "--concurrency", 4)
                figures[f"{name}_left"] = measure.settled_pss(processes)
            self.results.add(axis, peer.name, figures)
        for kind in kinds:
            self.fresh(axis, kind, take)


AXES = {"login": Bench.login, "resumed": Bench.resumed, "submission": Bench.submission, "latency": Bench.latency, "roundtrip": Bench.roundtrip,
        "download": Bench.download, "upload": Bench.upload, "guard": Bench.guard, "autoconfig": Bench.web, "threads": Bench.threads,
        "instructions": Bench.instructions, "functions": Bench.functions, "fairness": Bench.fairness,
        "idle": Bench.idle, "idle_tls": Bench.idle_tls, "moved": Bench.moved_memory, "idle_long": Bench.idle_long}
BY_DEFAULT = [axis for axis in AXES if axis != "idle_long"]
