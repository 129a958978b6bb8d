"""Markdown of what was measured: a table of the bounds, and one of each axis."""

NOTHING = "–"


def figure(value, digits=0):
    return NOTHING if value is None else f"{value:,.{digits}f}".replace(",", " ")


class Column:
    def __init__(self, title, name, digits=0, scale=1.0):
        self.title, self.name, self.digits, self.scale = title, name, digits, scale

    def of(self, results, axis, peer):
        value = results.median(axis, peer, self.name)
        return figure(None if value is None else value * self.scale, self.digits)


COUNTERS = [Column("k instructions, user", "instructions_user"), Column("k instructions, kernel", "instructions_kernel"), Column("k cycles", "cycles")]
FLOW = [Column("MB/s", "mb_per_second"), Column("CPU-s/GiB", "cpu_per_gib", 2), Column("G cycles/GiB", "cycles_per_gib", 2)]

# axis: title, what its figures are, columns, and the figure of which ratios are shown (the first that was measured)
TABLES = {
    "login": ("Full logins", "IMAP, 16 clients: connection, TLS 1.3 handshake, LOGIN, LOGOUT.", [Column("logins/s", "per_second"), Column("CPU µs", "cpu_us"), *COUNTERS], ["instructions", "cpu_us"]),
    "resumed": ("Resumed logins", "The same with the session ticket of the login before.", [Column("logins/s", "per_second"), Column("CPU µs", "cpu_us"), *COUNTERS, Column("resumed %", "resumed_share", 0, 100)], ["instructions", "cpu_us"]),
    "submission": ("Submissions", "16 clients: whole sessions with one message of 4 KiB.", [Column("messages/s", "per_second"), Column("CPU µs", "cpu_us"), *COUNTERS], ["instructions", "cpu_us"]),
    "latency": ("One client at a time", "Milliseconds from the connection to the answer to LOGIN, and to the end of a whole submission.", [Column("login p50", "login_p50_ms", 2), Column("p99", "login_p99_ms", 2), Column("submission p50", "submission_p50_ms", 2), Column("p99", "submission_p99_ms", 2)], ["login_p50_ms"]),
    "roundtrip": ("Round trips", "NOOP, one at a time; added is what is above a connection without a proxy and TLS.", [Column("p50 µs", "p50_us"), Column("p99 µs", "p99_us"), Column("added p50", "added_p50_us"), Column("added p99", "added_p99_us"), Column("CPU µs", "cpu_us", 1), *COUNTERS], ["added_p50_us"]),
    "download": ("Download", "IMAP, 4 sessions, FETCH of 10 MB each.", FLOW, ["cycles_per_gib", "cpu_per_gib"]),
    "upload": ("Upload", "IMAP, 4 sessions, APPEND of 10 MB each.", FLOW, ["cycles_per_gib", "cpu_per_gib"]),
    "guard": ("Large messages", "Submission of 16 MiB each; the ratio to uploads is CPU per GiB beside APPEND of the same size through the same proxy.", [*FLOW, Column("ratio to uploads", "beside_upload", 2)], ["cycles_per_gib", "cpu_per_gib"]),
    "autoconfig": ("Autoconfiguration", "64 connections that stay open in TLS; nginx serves a file with the same octets.", [Column("requests/s", "per_second"), Column("requests per CPU second", "per_cpu_second"), *COUNTERS], ["per_cpu_second"]),
    "instructions": ("Instructions in user mode", "Counted by valgrind, one client at a time: thousands for each login, submission of 4 KiB and NOOP, millions for each GiB. Valgrind shows programs a processor without AVX-512.",
                     [Column("full login", "login"), Column("resumed", "resumed"), Column("submission", "submission"), Column("round trip", "roundtrip", 1), Column("download", "download"), Column("upload", "upload")], ["login"]),
    "threads": ("Two threads", "Full logins of postern with one thread and with two.", [Column("logins/s", "per_second"), Column("CPU µs", "cpu_us")], ["per_second"]),
}


def ratio(results, axis, one, other, figures):
    """Of the medians of the first figure that both have; None without."""
    for name in figures:
        ours, theirs = results.median(axis, one, name), results.median(axis, other, name)
        if ours is not None and theirs:
            return ours / theirs, name
    return None, None


FAIRNESS = [Column("p50 ms", "p50_ms", 2), Column("p99", "p99_ms", 2), Column("max", "max_ms", 2), Column("failed", "failed"), Column("CPU %", "cpu_percent"),
            Column("guesses/s", "sent"), Column("told wrong", "answered_wrong"), Column("throttled", "answered_throttled"), Column("busy", "answered_busy"), Column("otherwise", "answered_otherwise"),
            Column("unanswered", "unanswered"), Column("connections/s", "connections"), Column("silent", "silent"), Column("stalled", "stalled")]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def axis_table(results, axis):
    title, about, columns, compared = TABLES[axis]
    rows = []
    for peer, samples in results.samples[axis].items():
        if not samples:
            rows.append([peer, results.reason(axis, peer), *[""] * len(columns)])
            continue
        value, _ = ratio(results, axis, "postern", peer, compared)
        rows.append([peer, *[column.of(results, axis, peer) for column in columns], figure(value, 2)])
    return [f"### {title}", "", about, "", *table(["", *[column.title for column in columns], "postern to it"], rows)]


def idle_table(results, axis, title):
    samples, steps = results.samples[axis], idle_sizes(results, axis)
    head = ["", *[f"{kind}, {figure(held)}" for kind in ("PSS", "slab") for held in steps], "CPU %"]
    several = [f"{figure(held)} by {figure(processes)}" for held in steps for processes in [most_processes(results, axis, held)] if processes > 1]
    by_several = (" A process may not have as many descriptors as it takes: " + ", ".join(several) + " processes of each proxy, with one configuration, backends and clients "
                  "of their own; PSS is their sum.") if several else ""
    rows = []
    for peer, found in samples.items():
        if not found:
            rows.append([peer, results.reason(axis, peer), *[""] * (len(head) - 2)])
            continue
        rows.append([peer, *[figure(results.median(axis, peer, f"{kind}_{held}")) for kind in ("pss", "slab") for held in steps],
                     figure(results.median(axis, peer, "idle_cpu_percent"), 2)])
    return [f"### {title}", "", "Bytes for each session in IDLE, by how many there are. Slab is the kernel's memory of the whole machine: all four sockets of a session, and what else went on."
            + by_several, "", *table(head, rows)]


def plain_table(results, axis, title, about, columns):
    """Without a comparison of the rows."""
    rows = [[name, *([column.of(results, axis, name) for column in columns] if samples else [results.reason(axis, name), *[""] * (len(columns) - 1)])]
            for name, samples in results.samples[axis].items()]
    return [f"### {title}", "", about, "", *table(["", *[column.title for column in columns]], rows)]


def fairness_table(results):
    about = ("50 good logins a second from one address, each timed from when it was due, and what else was there: wrong guesses from 50 networks for the accounts that log in, "
             "connections that say nothing, TLS handshakes that stop within the first message or behind the server's answer; what postern cuts is opened again. "
             "Guesses and their answers are for each second.")
    wanted = [results.median("fairness", name, "wanted") or 0 for name in results.samples["fairness"]]
    sent = [results.median("fairness", name, "sent") or 0 for name in results.samples["fairness"]]
    short = [f"{figure(made)} of {figure(due)}" for made, due in zip(sent, wanted) if made < 0.98 * due]
    if short:
        about += f" The generator, on one processor with clients and backend, could not guess as often as it should: {', '.join(short)}."
    return plain_table(results, "fairness", "Good logins under attack", about, FAIRNESS)


def functions_table(results):
    return plain_table(results, "functions", "Hot functions", "Single calls, by Google Benchmark; authentication has its read of SQLite, the log its own thread.",
                       [Column("µs", "us", 2), Column("p99", "p99_us", 2)])


def idle_long_table(results):
    columns = [Column("sessions", "sessions"), Column("processes", "processes"), Column("seconds", "seconds"), Column("answered", "answered"), Column("PSS at first", "pss_begin"),
               Column("PSS at last", "pss_end"), Column("slab at first", "slab_begin"), Column("slab at last", "slab_end"), Column("CPU %", "cpu_percent", 2)]
    return plain_table(results, "idle_long", "Idle for long", "Sessions in IDLE in which nothing happens; then each ends its IDLE, says NOOP and leaves. Bytes for each session, of all processes together.", columns)


def moved_table(results):
    head = ["", "sessions", "each moved MB", "PSS before", "held, nothing moved", "left", "held, moved", "left"]
    rows = []
    for peer, found in results.samples["moved"].items():
        if not found:
            rows.append([peer, results.reason("moved", peer), *[""] * (len(head) - 2)])
            continue
        values = [results.median("moved", peer, name) for name in ("before", "idle_held", "idle_left", "moved_held", "moved_left")]
        rows.append([peer, figure(results.median("moved", peer, "sessions")), figure(results.median("moved", peer, "octets") / 1e6), *[figure(value / 2 ** 20, 1) for value in values]])
    return ["### Memory after load", "", "PSS in MiB: before, with all sessions in IDLE and after they have gone; first with sessions that moved nothing, then with as many that did.",
            "", *table(head, rows)]


class Bound:
    """`value` gives what is measured and what it was measured by, or None."""

    def __init__(self, axis, text, limit, value, at_least=False):
        self.axis, self.text, self.limit, self.value, self.at_least = axis, text, limit, value, at_least

    def row(self, results):
        value, by = self.value(results)
        if value is None:
            return [self.text, self.limit_text(), NOTHING, "not measured"]
        good = value >= self.limit if self.at_least else value <= self.limit
        return [self.text, self.limit_text(), figure(value, 2) + (f" ({by})" if by else ""), "met" if good else "**not met**"]

    def limit_text(self):
        return ("at least " if self.at_least else "at most ") + figure(self.limit, 2)


BY = {"login": "instructions, user", "resumed": "instructions, user", "instructions": "instructions", "cpu_us": "CPU time", "cycles_per_gib": "cycles", "cpu_per_gib": "CPU time"}


def against(axis, other, limit, figures, text, at_least=False):
    def value(results):
        found, name = ratio(results, axis, "postern", other, figures)
        return found, BY.get(name, "")
    return Bound(axis, text, limit, value, at_least)


def idle_sizes(results, axis):
    """How many sessions there were, in rising order."""
    return sorted({int(name[4:]) for found in results.samples[axis].values() for sample in found for name in sample if name.startswith("pss_")})


def most_processes(results, axis, held):
    """By which so many sessions of a peer were held."""
    return max([sample.get(f"processes_{held}", 1) for found in results.samples[axis].values() for sample in found], default=1)


def idle_memory(results, axis, peer):
    values = [results.median(axis, peer, f"pss_{held}") for held in idle_sizes(results, axis)]
    return [value for value in values if value is not None]


def greatest_idle(axis, peer):
    def value(results):
        values = idle_memory(results, axis, peer)
        return (max(values) / 1000, "KB") if values else (None, "")
    return value


def idle_growth(results):
    values, sizes = idle_memory(results, "idle", "postern"), idle_sizes(results, "idle")
    return (values[-1] / values[0], f"{sizes[-1]} to {sizes[0]}") if len(values) > 1 else (None, "")


def answered(results):
    good, all_of_them = (results.median("idle_long", "postern", name) for name in ("answered", "sessions"))
    return (good / all_of_them, f"{figure(good)} of {figure(all_of_them)}") if all_of_them else (None, "")


def under_attack(name):
    def value(results):
        worse, quiet = (results.median("fairness", row, "p99_ms") for row in (name, "quiet"))
        return (worse / quiet, "") if worse and quiet else (None, "")
    return value


def failed_under_attack(results):
    failed = [sample["failed"] for found in results.samples["fairness"].values() for sample in found]
    return (sum(failed), "") if failed else (None, "")


def p99_of(function):
    return lambda results: (results.median("functions", function, "p99_us"), "µs")


def moved_growth(of, to):
    def value(results):
        after, before = (results.median("moved", "postern", name) for name in (of, to))
        return (after / before, "") if before and after else (None, "")
    return value


COST, FLOW_COST = ["instructions", "cpu_us"], ["cycles_per_gib", "cpu_per_gib"]
BOUNDS = [
    against("login", "nginx", 1.0, COST, "full login, to nginx"),
    against("login", "Dovecot", 0.8, COST, "full login, to Dovecot"),
    against("resumed", "nginx", 1.0, COST, "resumed login, to nginx"),
    against("instructions", "nginx", 1.0, ["login"], "full login, valgrind, to nginx"),
    against("instructions", "nginx", 1.0, ["resumed"], "resumed login, valgrind, to nginx"),
    against("latency", "HAProxy", 1.3, ["login_p50_ms"], "one login at a time, latency to HAProxy"),
    against("latency", "HAProxy", 1.5, ["submission_p50_ms"], "one submission at a time, latency to HAProxy"),
    Bound("idle", "idle session, TLS in front, KB of PSS", 15.5, greatest_idle("idle", "postern")),
    Bound("idle", "the same, most sessions to fewest", 1.1, idle_growth),
    Bound("idle_tls", "idle session, TLS on both sides, KB of PSS", 30, greatest_idle("idle_tls", "postern, TLS behind")),
    Bound("idle_long", "sessions that answer after a long time", 1.0, answered, at_least=True),
    Bound("moved", "sessions that moved much, memory to those that did not", 1.1, moved_growth("moved_held", "idle_held")),
    Bound("moved", "the same when all have gone, memory to before", 1.1, moved_growth("moved_left", "before")),
    against("download", "nginx", 0.45, FLOW_COST, "download per GiB, to nginx"),
    against("download", "nginx, 16k buffers", 0.85, FLOW_COST, "download per GiB, to nginx with 16k buffers"),
    against("upload", "nginx", 0.85, FLOW_COST, "upload per GiB, to nginx"),
    Bound("guard", "submission per GiB, to upload", 1.1, lambda results: (results.median("guard", "postern", "beside_upload"), "CPU time")),
    against("roundtrip", "nginx", 1.0, ["added_p50_us"], "added round trip, to nginx"),
    against("autoconfig", "nginx", 0.7, ["per_cpu_second"], "autoconfig requests per CPU second, to nginx", at_least=True),
    Bound("functions", "remembered password with SQLite, p99 in µs", 200, p99_of("auth/remembered_password")),
    Bound("functions", "app password with SQLite, p99 in µs", 300, p99_of("auth/app_password")),
    Bound("fairness", "good logins' p99 under attack, to quiet", 2.0, under_attack("all")),
    Bound("fairness", "good logins that fail, quiet and under attack", 0, failed_under_attack),
    Bound("threads", "logins/s with two threads, to one", 1.8, lambda results: (ratio(results, "threads", "postern, 2 threads", "postern", ["per_second"])[0], ""), at_least=True),
]


OWN_TABLES = {"moved": moved_table, "fairness": fairness_table, "functions": functions_table, "idle_long": idle_long_table}


def markdown(results, heading):
    lines = [*heading, "", "### Bounds", "", *table(["postern", "bound", "measured", ""], [bound.row(results) for bound in BOUNDS if bound.axis in results.samples])]
    for axis in results.samples:
        if axis in TABLES:
            lines += axis_table(results, axis)
        elif axis in OWN_TABLES:
            lines += OWN_TABLES[axis](results)
        else:
            lines += idle_table(results, axis, "Idle sessions" if axis == "idle" else "Idle sessions, TLS on both sides")
    return "\n".join(lines)
