"""Two hosts train together: undisturbed, with a cut link, and when one goes down.

The hosts are network namespaces, each with its own address, host name and /etc/hosts.
The tests need the right to create namespaces and are skipped without it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from snippets.checkpoints import Checkpoints, load
from tests.busy import patient
from tests.forked import TORCHRUN
from tests.snippets.fault_messages import MESSAGES, SECONDS, printed
from verify.environ import environment
from verify.fork.client import Server

pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "snippets" / "distributed" / "ddp" / "train_digits_ddp.py"
EPOCHS = 3
STORE = "10.77.0.1:29400"  # the hosts have their own network, so it is free
# The program on the page, with a short timeout of collectives.
WORKER = f"""
import argparse, os, runpy, sys
import torch
from snippets.ddp import distributed

program = runpy.run_path({str(PROGRAM)!r})
torch.set_num_threads(1)
args = argparse.Namespace(folder=sys.argv[1], epochs={EPOCHS}, lr=0.1)
with distributed(timeout={SECONDS}, device="cpu") as here:
    print("attempt", os.environ["TORCHELASTIC_RESTART_COUNT"], flush=True)
    program["train"](args, here)
"""
# As on Debian, the name of a host resolves to a loopback address on the host itself.
# The kernel gives up a connection after about a second instead of 15 minutes.
HOST = """#!/bin/sh
exec ip netns exec {namespace} unshare --uts sh -c '
mount --bind {folder}/hosts /etc/hosts &&
echo host-{number} > /proc/sys/kernel/hostname &&
echo 3 > /proc/sys/net/ipv4/tcp_retries2 &&
exec {python} "$@"' sh "$@"
"""


def ip(*words):
    """Run the command `ip` and return its output."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert not done.returncode, f"ip {' '.join(words)}: {done.stderr.strip()}"
    return done.stdout


class Host:
    """A namespace with a warm server that forks torchrun and its ranks."""

    def __init__(self, number, folder):
        self.number, self.address = number, f"10.77.0.{number + 1}"
        self.namespace = f"notes-{os.getpid()}-{number}"
        self.folder = folder / f"host-{number}"
        self.folder.mkdir()
        other = f"10.77.0.{2 - number} host-{1 - number}"
        own = f"127.0.0.1 localhost\n127.0.1.1 host-{number}"
        (self.folder / "hosts").write_text(f"{own}\n{other}\n")
        python = self.folder / "python"
        python.write_text(HOST.format(python=sys.executable, **vars(self)))
        python.chmod(0o755)
        self.server = Server(str(python))
        self.server.run(["-c", "pass"], "/")
        self.idle = self.processes()

    def processes(self):
        """Return the ids of the processes on this host."""
        return {int(pid) for pid in ip("netns", "pids", self.namespace).split()}

    def torchrun(self, *options, settings=True, **variables):
        """Run the program under torchrun to its end.

        Args:
            options: Options of torchrun, the program and its arguments.
            settings: Whether to tell torchrun its address and which host has the store.
            variables: Environment variables.

        Returns:
            The finished run.
        """
        env = environment() | {"PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "eth0"}
        env |= {"TMPDIR": str(self.folder)} | variables
        conf = f"read_timeout={SECONDS},keep_alive_interval=1,keep_alive_max_attempt=2"
        own = [f"--local-addr={self.address}"] if settings else []
        if settings:
            conf += f",is_host={int(self.number == 0)}"
        meet = ["--rdzv-backend=c10d", f"--rdzv-endpoint={STORE}", "--rdzv-id=job"]
        words = ["--nnodes=2", "--nproc-per-node=1", *meet, f"--rdzv-conf={conf}", *own]
        argv = [*TORCHRUN, *words, *map(str, options)]
        return self.server.run(argv, self.folder, env, SECONDS + patient(50))

    def goes_down(self):
        """Kill torchrun and its ranks on this host, all at once."""
        for pid in self.processes() - self.idle:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """Two hosts with a network link between them."""
    if not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("needs iproute2 and util-linux, for network namespaces")
    made = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True)
    if made.returncode:
        pytest.skip("needs the right to make network namespaces, as root has")
    namespaces = [f"notes-{os.getpid()}-{number}" for number in range(2)]
    folder = tmp_path_factory.mktemp("hosts")
    with contextlib.ExitStack() as stack:
        for namespace in namespaces:
            ip("netns", "add", namespace)
            stack.callback(subprocess.run, ["ip", "netns", "del", namespace])
        one, two = namespaces
        ends = (["eth0", "netns", one], ["eth0", "netns", two])
        ip("link", "add", *ends[0], "type", "veth", "peer", *ends[1])
        for number, namespace in enumerate(namespaces):
            ip(
                "-n",
                namespace,
                "addr",
                "add",
                f"10.77.0.{number + 1}/24",
                "dev",
                "eth0",
            )
            for device in ("eth0", "lo"):
                ip("-n", namespace, "link", "set", device, "up")
        with ThreadPoolExecutor(2) as pool:
            starting = [pool.submit(Host, number, folder) for number in range(2)]
        found = []
        for future in starting:
            found.append(future.result())
            stack.callback(found[-1].server.close)
        yield found


@pytest.fixture
def together(hosts, tmp_path):
    """A function that starts torchrun on both hosts, and the folder of checkpoints."""
    (tmp_path / "worker.py").write_text(WORKER)
    folder = tmp_path / "run"

    def start(*options, which=(0, 1), **settings):
        words = (*options, tmp_path / "worker.py", folder)
        return [pool.submit(hosts[k].torchrun, *words, **settings) for k in which]

    with ThreadPoolExecutor(3) as pool:
        yield start, folder


def reaches_first_checkpoint(folder):
    """Wait for the first checkpoint."""
    until = time.monotonic() + patient(30)
    while not [*folder.glob("step-*1.pt")]:
        assert time.monotonic() < until
        time.sleep(0.01)


def outcome(future):
    """Return a run once it has ended by itself and left no process behind."""
    run = future.result()
    assert run.killed is None, run.err
    assert run.left == ()
    return run


@pytest.fixture(scope="module")
def undisturbed(hosts, tmp_path_factory):
    """The state that two hosts reach if nothing goes wrong."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "worker.py").write_text(WORKER)
    with ThreadPoolExecutor(2) as pool:
        words = (folder / "worker.py", folder / "run")
        runs = [pool.submit(host.torchrun, *words) for host in hosts]
        for run in map(outcome, runs):
            assert run.code == 0, run.err
    return load(Checkpoints(folder / "run").latest())


def test_two_hosts_train_together(undisturbed):
    assert len(undisturbed["history"]) == EPOCHS
    assert undisturbed["history"][-1][1] > 0.9  # accuracy


def test_without_the_settings_a_name_that_leads_to_loopback_finds_no_store(together):
    start, folder = together
    for run in map(outcome, start(settings=False)):
        assert run.code == 1
        assert MESSAGES["no store"] in run.err
    assert not folder.exists()


def test_a_cut_link_ends_both_hosts_and_both_say_why(hosts, together):
    start, folder = together
    runs = start()
    reaches_first_checkpoint(folder)
    ip("-n", hosts[0].namespace, "link", "set", "eth0", "down")
    began = time.monotonic()
    try:
        first, second = map(outcome, runs)
    finally:
        ip("-n", hosts[0].namespace, "link", "set", "eth0", "up")
    assert time.monotonic() - began < SECONDS + patient(10)
    assert (first.code, second.code) == (1, 1)
    # With a longer timeout, the kernel gives up the connection before the collective
    # does. If a checkpoint is due at that moment, `save` misses the other rank first.
    said = (printed("waited"), MESSAGES["gave up"], "every rank must call it")
    assert any(message in first.err for message in said)
    assert MESSAGES["no store"] in second.err


def test_if_the_host_of_the_store_goes_down_the_other_says_so(hosts, together):
    start, folder = together
    runs = start("--max-restarts=1")
    reaches_first_checkpoint(folder)
    hosts[0].goes_down()
    began = time.monotonic()
    run = outcome(runs[1])
    assert time.monotonic() - began < SECONDS + patient(10)
    assert run.code == 1
    assert MESSAGES["no store"] in run.err


@pytest.mark.parametrize("shared", ["0", "1"])
def test_a_host_that_comes_back_is_let_in_only_without_a_shared_store(
    shared, hosts, together, undisturbed
):
    if shared == "1" and tuple(map(int, torch.__version__.split(".")[:2])) < (2, 8):
        pytest.skip("needs torch>=2.8: 2.4.1 lets it in, 2.7.1 says something else")
    start, folder = together
    variables = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": str(1 - int(shared))}
    stays, goes = start("--max-restarts=1", **variables)
    reaches_first_checkpoint(folder)
    hosts[1].goes_down()
    goes.result()
    (back,) = start("--max-restarts=1", which=[1], **variables)
    if shared == "1":
        assert outcome(back).code == outcome(stays).code == 1
        # Both hosts time out together. If the one with the store ends first, the other
        # prints the second message.
        said = (MESSAGES["host replaced"], MESSAGES["host replaced, late"])
        assert any(message in back.result().err for message in said)
        return
    for run in map(outcome, (stays, back)):
        assert run.code == 0, run.err
    # The host that stays may notice that the other went or that it came back. Only
    # the first counts as a restart, so the test counts attempts, not restarts.
    attempts = stays.result().out.split("attempt ")[1:]
    assert len(attempts) == 2
    assert "epoch 1 " not in attempts[1]  # resumed, not trained again
    after = load(Checkpoints(folder).latest())
    torch.testing.assert_close(after, undisturbed, rtol=0, atol=0)
