"""What is measured: each axis drives its peers in turn, several times over, and keeps every sample."""

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


class Bench:
    def __init__(self, stage, arguments):
        self.stage, self.repetitions, self.quick = stage, arguments.repetitions, arguments.quick
        self.seconds = arguments.seconds or (1.5 if self.quick else 5)
        self.idle_steps = [1000, 5000] if self.quick else [1000, 5000, 10000, 20000]
        most = (peers.most_sessions() - 100) // 500 * 500
        self.idle_steps = sorted({min(held, most) for held in self.idle_steps})
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
        """Every user logs in twice: the first one is where a password is hashed."""
        peer.start()
        for mode, port in (("login", peer.imap), ("submit", peer.submission)):
            measure.run_load(self.stage, mode, port, "--count", 2 * len(self.stage.users), "--concurrency", 4)

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
                except (peers.Unusable, measure.LoadFailed, subprocess.SubprocessError, OSError) as error:
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
        except (peers.Unusable, measure.LoadFailed, subprocess.SubprocessError, OSError) as error:
            self.results.fail(axis, kind.name, str(error))
        finally:
            if peer:
                peer.stop()

    def idle_of(self, axis, kinds):
        print(axis, file=sys.stderr, flush=True)
        self.results.expect(axis, kinds)

        def take(peer):
            processes = peer.processes()
            memory, kernel = measure.pss(processes), measure.slab()
            groups, figures = [], {}
            try:
                for held in self.idle_steps:
                    more = held - sum(count for count, _ in groups)
                    groups.append((more, measure.IdleSessions(peer, more)))
                    figures |= {f"pss_{held}": (measure.pss(processes) - memory) / held, f"slab_{held}": (measure.slab() - kernel) / held}
                before = measure.cpu_seconds(processes)
                time.sleep(2)
                figures["idle_cpu_percent"] = (measure.cpu_seconds(processes) - before) / 2 * 100
                for count, sessions in groups:
                    sessions.check(count)
            finally:
                for _, sessions in groups:
                    sessions.close()
            self.results.add(axis, peer.name, figures)
        for _ in range(1 if self.quick else min(self.repetitions, 2)):
            for kind in kinds:
                self.fresh(axis, kind, take)

    def idle(self):
        self.idle_of("idle", self.mail_peers)

    def idle_tls(self):
        self.idle_of("idle_tls", (peers.PosternTlsBehind, peers.HaproxyTlsBehind))

    def moved_memory(self):
        """What sessions hold that have moved much, beside as many that have not, and what is left when all have gone."""
        axis, (sessions, octets) = "moved", self.moved
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
                    held.check(sessions)
                finally:
                    held.close()
                measure.run_load(self.stage, "login", peer.imap, "--count", len(self.stage.users), "--concurrency", 4)
                figures[f"{name}_left"] = measure.pss(processes)
            self.results.add(axis, peer.name, figures)
        for kind in kinds:
            self.fresh(axis, kind, take)


AXES = {"login": Bench.login, "resumed": Bench.resumed, "submission": Bench.submission, "latency": Bench.latency, "roundtrip": Bench.roundtrip,
        "download": Bench.download, "upload": Bench.upload, "guard": Bench.guard, "autoconfig": Bench.web, "threads": Bench.threads,
        "instructions": Bench.instructions,
        "idle": Bench.idle, "idle_tls": Bench.idle_tls, "moved": Bench.moved_memory}
