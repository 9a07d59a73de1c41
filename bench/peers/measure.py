"""Threads, clocks and the one JSON line per figure that every peer prints. Uses the standard library alone."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

SAMPLES = 5
# A sample of something short repeats it for at least this long, so that the clock's own cost does not show.
SECONDS_PER_SAMPLE = 0.1


def arguments():
    """The workload and the thread count; sets the variables that libraries read while they are imported."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", help="W1, W2, W3, W7, W8, W9, W10 or W11 (W1-once: the article once, with nothing printed)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="print results, to be compared with clione's, and no times")
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    # A variable of the machine may hold OpenBLAS to older kernels; what is measured is what a peer chooses by itself.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    return arguments


class Report:
    """Prints the figures of one peer at one thread count."""

    def __init__(self, peer, version, arguments):
        self.peer, self.version = peer, version
        self.workload, self.threads = arguments.workload, arguments.threads
        self.is_check = arguments.check

    def results(self, numbers, variant, case=""):
        """One line of results that every peer must have."""
        line = {"workload": self.workload, "case": case, "peer": self.peer, "variant": variant}
        print(json.dumps({**line, "check": [float(number) for number in numbers]}), flush=True)

    def figure(self, samples, unit, variant, case=""):
        """One line: the median of the samples is the figure."""
        line = {
            "workload": self.workload,
            "case": case,
            "peer": self.peer,
            "variant": variant,
            "threads": self.threads,
            "figure": float(f"{statistics.median(samples):.5g}"),
            "unit": unit,
            "samples": [float(f"{sample:.5g}") for sample in samples],
            "version": self.version,
        }
        print(json.dumps(line), flush=True)

    def unchecked(self, why):
        """One line where results cannot be compared: it says why."""
        print(json.dumps({"workload": self.workload, "peer": self.peer, "unchecked": why}), flush=True)

    def absent(self, why, variant=""):
        """One line in place of a figure: what cannot be measured is named, never silently left out."""
        absent(self.peer, self.workload, why, variant)

    def run(self, workloads):
        """Measures the workload that the command line names."""
        if self.workload == "W1-once":
            workloads["W1"](None)
        elif self.workload == "W9":
            self.from_nothing()
        elif self.workload in workloads:
            workloads[self.workload](self)
            if self.workload == "W1" and not self.is_check:
                self.figure(seconds_from_cold(self.threads), "s", "", "whole process from cold")
        else:
            self.absent("this peer does not hold this workload")


    def from_nothing(self):
        """The time until the library can be used, and what it takes on the disk with what it needs."""
        if self.is_check:
            return
        module, package = FROM_NOTHING.get(self.peer, (self.peer, self.peer))
        command = [sys.executable, "-c", f"import {module}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        start = [seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(SAMPLES)]
        self.figure(start, "s", "import", "start-up")
        self.figure([installed_bytes(package) / 2**20], "MiB", "package and what it needs", "size on the disk")


# What is imported, and what the package is called, where that is not the peer's name.
FROM_NOTHING = {"pytorch": ("torch", "torch"), "sklearn": ("sklearn", "scikit-learn")}


def installed_bytes(package, seen=None):
    """The files of a package and of the packages that it needs, as pip installed them."""
    import re
    from importlib import metadata

    seen = set() if seen is None else seen
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name in seen:
        return 0
    seen.add(name)
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return 0
    paths = (file.locate() for file in distribution.files or [])
    size = sum(os.path.getsize(path) for path in paths if os.path.exists(path))
    needed = [line for line in distribution.requires or [] if "extra ==" not in line]
    return size + sum(installed_bytes(re.match(r"[A-Za-z0-9._-]+", line).group(), seen) for line in needed)


def absent(peer, workload, why, variant=""):
    line = {"workload": workload, "peer": peer, "variant": variant, "absent": why}
    print(json.dumps(line), flush=True)


def seconds_from_cold(threads):
    """Seconds from starting this script in a new process to its end: interpreter, imports, compilation, training."""
    command = [sys.executable, sys.argv[0], "W1-once", "--threads", str(threads)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(SAMPLES)]


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def seconds_per_call(call, samples=SAMPLES):
    """One number per sample, each the mean over as many calls as fill a sample."""
    call()
    calls = 1
    while True:
        taken = seconds(lambda: repeat(call, calls))
        if taken >= SECONDS_PER_SAMPLE / 2:
            break
        calls *= 2
    calls = max(1, round(calls * SECONDS_PER_SAMPLE / taken))
    return [seconds(lambda: repeat(call, calls)) / calls for _ in range(samples)]


def repeat(call, times):
    for _ in range(times):
        call()


def latencies(report, call, batch, variant):
    """The p50 and p99 of single calls, each the median over rounds; the last call's end is the result's being there."""
    calls = 2000 if batch == 1 else 200
    repeat(call, calls // 10)
    p50, p99 = [], []
    for _ in range(SAMPLES):
        taken = sorted(seconds(call) for _ in range(calls))
        p50.append(taken[calls // 2] * 1e6)
        p99.append(taken[calls * 99 // 100] * 1e6)
    report.figure(p50, "us", variant, f"batch {batch}, p50")
    report.figure(p99, "us", variant, f"batch {batch}, p99")


def peak_memory_mib():
    """The most memory this process has held at once: true of the first variant that it measures, and of no later one."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
