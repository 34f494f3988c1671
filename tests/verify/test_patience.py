"""Test that a timeout doesn't count the time that a process waits for a CPU."""

import os
import subprocess
import sys
import time

import pytest

from verify.fork import patience
from verify.fork.client import Server
from verify.fork.patience import Patience

needs_schedstat = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="needs a kernel with schedstat"
)
SPIN = "import sys, time\nprint(1, flush=True)\nwhile True: pass"


class Clock:
    """A fake clock with fake thread times, which tests set."""

    def __init__(self, monkeypatch, processors=2):
        self.now, self.times = 100.0, {}
        monkeypatch.setattr(patience.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(patience, "_times", lambda root: dict(self.times))
        monkeypatch.setattr(patience, "_processors", lambda: processors)

    def pass_(self, subject, seconds, *threads):
        """Let time pass and return whether the limit is over.

        Args:
            subject: The `Patience` to ask.
            seconds: The time that passes.
            threads: For each thread, the seconds that it ran and that it waited.
        """
        self.now += seconds
        for number, (ran, waited) in enumerate(threads):
            before = self.times.get(number, (0, 0))
            self.times[number] = (
                before[0] + int(ran * 1e9),
                before[1] + int(waited * 1e9),
            )
        return subject.is_over(1)


def test_waiting_for_a_processor_does_not_count(monkeypatch):
    clock = Clock(monkeypatch)
    subject = Patience(10.0)
    for _ in range(20):
        clock.pass_(subject, 1.0, (0.25, 0.75), (0.0, 0.5))
    assert subject.waited == pytest.approx(15.0)
    assert not subject.is_over(1)
    for _ in range(30):
        clock.pass_(subject, 1.0, (0.25, 0.75))
    assert subject.is_over(1)


def test_a_wait_since_the_last_look_does_not_count(monkeypatch):
    clock = Clock(monkeypatch)
    subject = Patience(10.0)
    assert not clock.pass_(subject, 9.9, (9.9, 0.0))
    assert not clock.pass_(subject, patience.INTERVAL - 0.1, (0.0, 0.4))
    assert subject.waited == pytest.approx(0.4)


def test_sleeping_counts(monkeypatch):
    clock = Clock(monkeypatch)
    subject = Patience(10.0)
    assert not clock.pass_(subject, 5.0, (0.0, 0.0))
    assert clock.pass_(subject, 5.5, (0.0, 0.0))
    assert subject.waited == 0


def test_threads_that_wait_for_each_other_count(monkeypatch):
    """Eight threads of one process spin on two CPUs; no other process is in the way."""
    clock = Clock(monkeypatch)
    subject = Patience(10.0)
    for _ in range(11):
        clock.pass_(subject, 1.0, *[(0.25, 0.75)] * 8)
    assert subject.is_over(1)


def test_no_wait_is_longer_than_the_ceiling(monkeypatch):
    clock = Clock(monkeypatch)
    subject = Patience(10.0)
    for _ in range(99):
        clock.pass_(subject, 1.0, (0.0, 1.0))
    assert not subject.is_over(1)
    clock.pass_(subject, 2.0, (0.0, 2.0))
    assert subject.is_over(1)


def test_a_kernel_that_does_not_tell_counts_every_second(monkeypatch):
    monkeypatch.setattr(patience, "_times", lambda root: {})
    subject = Patience(0.6)
    time.sleep(0.7)
    assert subject.is_over(os.getpid())


@needs_schedstat
def test_times_are_those_of_all_descendants():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        before = max(ran for ran, _ in patience._times(os.getpid()).values())
        while True:
            after = max(ran for ran, _ in patience._times(os.getpid()).values())
            if after > before + 10**8:
                break
            time.sleep(0.05)
        for pid in patience.descendants(os.getpid()):
            os.kill(pid, 9)


@needs_schedstat
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_a_command_on_a_busy_processor_gets_its_seconds():
    """The command shares one CPU with two others, so it runs longer than its limit."""
    processors = os.sched_getaffinity(0)
    # 0.5 s of CPU time take about 1.5 s, and more if other programs use this CPU too.
    # The ceiling is 10 times the timeout of 1 s.
    code = "import time\nwhile time.process_time() < 0.5: pass\nprint('done')\n"
    others = []
    os.sched_setaffinity(0, {min(processors)})
    try:
        with Server(cold=True) as server:
            others = [
                subprocess.Popen(
                    [sys.executable, "-c", SPIN],
                    stdout=subprocess.PIPE,
                    start_new_session=True,  # Linux may share CPUs by session
                )
                for _ in range(2)
            ]
            for other in others:
                other.stdout.readline()
            result = server.run(["-c", code], "/", timeout=1.0)
    finally:
        os.sched_setaffinity(0, processors)
        for other in others:
            other.kill()
            other.communicate()
    assert (result.out, result.killed) == ("done\n", None)
    assert result.seconds > 1.0
    assert result.seconds - result.waited < 1.0
