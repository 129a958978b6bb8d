"""Runs clang-tidy on every file of a compilation database, several at a time, and remembers the clean ones.

A file is clean as long as the same clang-tidy with the same checks would read the same text: the key is a digest of the
preprocessed file, its compile command and .clang-tidy. Called by scripts/lint.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "postern-tidy"


def is_checked(file, root):
    """The product, without generated files; tests would take as long again."""
    return file.relative_to(root).parts[0] not in ("build", "tests")


def compiler_arguments(entry):
    """The compile command without its output and without the compiler launcher (ccache)."""
    words = shlex.split(entry["command"])
    while not pathlib.Path(words[0]).name.startswith("clang"):
        words.pop(0)
    output = words.index("-o")
    return [word for word in words[:output] + words[output + 2:] if word != "-c"]


def key_of(entry, root):
    arguments = compiler_arguments(entry)
    text = subprocess.run(arguments + ["-E", "-P", "-C"], cwd=entry["directory"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(text.replace(str(root).encode(), b""))
    digest.update("\0".join(arguments).replace(str(root), "").encode())
    for folder in pathlib.Path(entry["file"]).parents:  # folders may add to the checks of the root
        if folder.is_relative_to(root) and (folder / ".clang-tidy").exists():
            digest.update((folder / ".clang-tidy").read_bytes())
    return digest.hexdigest()


def check(entry, root, build, again):
    """Returns (file, findings); findings is empty for a clean file, None for one that was known to be clean."""
    file = pathlib.Path(entry["file"]).relative_to(root)
    try:
        mark = CACHE / key_of(entry, root)
    except subprocess.CalledProcessError as error:
        return file, "does not compile:\n" + error.stderr.decode(errors="replace")
    if mark.exists() and not again:
        return file, None
    run = subprocess.run([TIDY, "-p", build, "--quiet", entry["file"]], capture_output=True, text=True)
    if run.returncode == 0:
        mark.touch()
        return file, ""
    return file, run.stdout + run.stderr


def files_since(revision, root):
    names = subprocess.run(["git", "diff", "--name-only", revision], cwd=root, capture_output=True, text=True, check=True)
    return {root / name for name in names.stdout.split()}


def main(build):
    root = pathlib.Path(__file__).resolve().parents[2]
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    entries = list({entry["file"]: entry for entry in entries if is_checked(pathlib.Path(entry["file"]), root)}.values())
    if revision := os.environ.get("TIDY_SINCE"):
        wanted = files_since(revision, root)
        entries = [entry for entry in entries if pathlib.Path(entry["file"]) in wanted]
    again = bool(os.environ.get("TIDY_ALL"))
    found = known = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = [pool.submit(check, entry, root, build, again) for entry in entries]
        for number, done in enumerate(concurrent.futures.as_completed(work), 1):
            file, findings = done.result()
            known += findings is None
            if findings is not None:
                print(f"[{number}/{len(work)}] clang-tidy {file}", flush=True)
            if findings:
                found += 1
                print(findings, flush=True)
    print(f"clang-tidy: {len(entries)} files, {known} known to be clean, {found} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
