"""Test that a forked run behaves exactly like `python FILE`.

Many of the docstrings below say what would be different if the runner only forked.
"""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from verify import ROOT
from verify.environ import environment
from verify.fork.client import Server
from verify.fork.stash import Stash
from verify.run import Runner

PITFALLS = {
    "main": """
        import __main__, inspect, pickle, sys

        class Point:
            x = 1

        print(__name__, __file__ == sys.argv[0], __main__.__dict__ is globals())
        print(pickle.loads(pickle.dumps(Point())).x, __spec__, __package__, __doc__)
        print(inspect.getsource(Point), sys.argv[1:], sorted(vars()))
        """,
    "traceback": """
        def f():
            return 1 / 0

        print("before")
        f()
        """,
    "chained": """
        try:
            {}["a"]
        except KeyError as error:
            raise ValueError("no 'a'") from error
        """,
    "syntax": "print(1\n",
    "exit-text": "import sys\n\nprint('a', end='')\nsys.exit('said at the end')\n",
    "exit-true": "import sys\n\nsys.exit(True)\n",
    "exit-negative": "import sys\n\nsys.exit(-1)\n",
    "exit-hard": "import os\n\nprint('lost')\nos._exit(7)\n",
    "signal": "import os, signal\n\nos.kill(os.getpid(), signal.SIGTERM)\n",
    "interrupt": "raise KeyboardInterrupt\n",
    "warnings": """
        import warnings

        for _ in range(2):
            warnings.warn("once for each place", stacklevel=1)
        warnings.warn("seen in __main__", DeprecationWarning)
        """,
    "end": """
        import atexit, threading

        class Noisy:
            def __del__(self):
                print("destroyed")

        noisy = Noisy()
        atexit.register(print, "first in, last out")
        atexit.register(print, "second")

        def late():
            threading.main_thread().join()
            print("thread")

        threading.Thread(target=late).start()
        print("last line")
        """,
    "streams": """
        import sys

        for name in ("stdin", "stdout", "stderr"):
            s = getattr(sys, name)
            print(name, s.encoding, s.errors, s.line_buffering, s.mode, s.name)
        print(repr(sys.stdin.read()))
        """,
    "closed": "import os\n\nprint('a', flush=True)\nos.close(1)\n",
    "future": """
        from __future__ import annotations

        def f(x: Undefined): pass

        print(f.__annotations__)
        """,
    "environment": """
        import os

        print(os.environ["HOME"], os.getenv("PYTHON_EXEC_") , os.getcwd())
        print(os.getenv("OMP_WAIT_POLICY"))
        """,
    "multiprocessing": """
        import multiprocessing as mp

        def double(x):
            return 2 * x

        if __name__ == "__main__":
            print(mp.get_start_method(allow_none=True), mp.current_process().name)
            print(mp.parent_process())
            with mp.get_context("spawn").Pool(1) as pool:
                print(pool.map(double, [1, 2]))
            with mp.get_context("fork").Pool(1) as pool:
                print(pool.map(double, [1, 2]))
        """,
    # The script ends before the helper that it starts is ready.
    "helper": """
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()
        """,
    "groups": """
        import multiprocessing as mp
        import os

        def lead(kind):
            kind()
            print(os.getpgrp() == os.getpid(), flush=True)

        if __name__ == "__main__":
            for kind in (os.setpgrp, os.setsid):
                process = mp.get_context("spawn").Process(target=lead, args=(kind,))
                process.start()
                process.join()
                print(process.exitcode)
        """,
    "paths": """
        import os, sys

        print(os.path.dirname(__file__) == sys.path[0], sys.path[1:])
        print([name for name in sys.modules if name.startswith("verify")])
        """,
    "threads": """
        import torch

        print(torch.get_num_threads(), torch.get_num_interop_threads())
        x = torch.rand(700, 700, requires_grad=True)
        (x @ x).sum().backward()
        print(x.grad.shape)
        """,
    "output-of-C": """
        import ctypes

        ctypes.CDLL(None).printf(b"from C\\n")
        print("from Python")
        """,
    "output-of-C-before-an-error": """
        import ctypes

        ctypes.CDLL(None).printf(b"from C\\n")
        1 / 0
        """,
    "hook-raises": """
        import sys

        def hook(*args):
            raise RuntimeError("in the hook")

        sys.excepthook = hook
        1 / 0
        """,
    "hook-exits": """
        import sys

        sys.excepthook = lambda *_: sys.exit(3)
        1 / 0
        """,
    "hook-missing": "import sys\n\ndel sys.excepthook\n1 / 0\n",
    "hook-own": """
        import sys, traceback

        def hook(kind, error, trace):
            print(kind, error, sys.last_value is error, sys.last_traceback is trace)
            traceback.print_exception(kind, error, trace)

        sys.excepthook = hook
        1 / 0
        """,
    "destructors": """
        import builtins, sys, types

        class Noisy:
            def __init__(self, name):
                self.name = name

            def __del__(self):
                print("del", self.name, sys is not None)
                raise ValueError(self.name)

            __del__.__qualname__ = "a name without an address"

        a = Noisy("global")
        b = [a, Noisy("in a list")]
        builtins.keep = Noisy("in builtins")
        sys.modules["not_a_module"] = Noisy("in modules")
        sys.modules["made"] = made = types.ModuleType("made")
        made.noisy = Noisy("in a module")
        del made
        """,
    "destructor-of-a-traceback": """
        class Noisy:
            def __del__(self):
                print("del")

        def f():
            noisy = Noisy()
            raise ValueError("x")

        f()
        """,
    "builtins-replaced": """
        import builtins

        class Noisy:
            def __del__(self):
                print("del", len([1]))

        noisy = Noisy()
        builtins.len = lambda _: "replaced"
        print(len([1]))
        """,
    "stdout-replaced": """
        import io, sys

        class Noisy:
            def __del__(self):
                print("del")

        noisy = Noisy()
        sys.stdout = io.StringIO()
        """,
    "profile": """
        import sys

        count = 0

        def look(frame, event, arg):
            global count
            count += 1
            return look

        def f():
            return 1

        sys.setprofile(look)
        f()
        print(count > 0)
        """,
    "no-utf8": b"print('\xff')\n",
    "nul": b"print(1)\0\n",
}
if sys.version_info >= (3, 11):
    PITFALLS["group"] = "raise ExceptionGroup('two', [ValueError(1), KeyError(2)])\n"


@pytest.mark.parametrize("name", PITFALLS)
def test_a_fork_is_like_a_fresh_interpreter(name, warm, write, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)  # the server sets it
    text = PITFALLS[name]
    path = str(write(text if isinstance(text, str) else ""))
    if isinstance(text, bytes):
        Path(path).write_bytes(text)
    plain = subprocess.run(
        [sys.executable, path],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    fork = warm.server.run([path], cwd=tmp_path)
    address = re.compile(r"0x[0-9a-f]+")
    assert (fork.code, fork.out, address.sub("0x", fork.err)) == (
        plain.returncode,
        plain.stdout,
        address.sub("0x", plain.stderr),
    )
    assert not fork.left


@pytest.mark.parametrize("number", ["1", "3"])
def test_a_fork_has_as_many_threads_as_its_environment_says(warm, number):
    """OpenMP read OMP_NUM_THREADS when the server started, before the fork.

    The variable matters because torchrun sets it for its workers.
    """
    code = "import torch; print(torch.get_num_threads())"
    env = {**os.environ, "OMP_NUM_THREADS": number}
    assert warm.server.run(["-c", code], cwd="/", env=env).out == f"{number}\n"


def test_the_shim_imports_nothing_slow():
    """Each Python that a script starts loads the shim; `re` alone doubles the time."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import python_shim; "
        "print(*sys.modules)"
    )
    argv = [sys.executable, "-IS", "-c", code, ROOT / "verify" / "fork"]
    imported = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "protocol" in imported.split()
    assert not {"re", "enum", "socket", "typing", "pathlib"} & {*imported.split()}


def test_import_handlers_do_not_run_at_the_end_of_each_fork(warm):
    """Exit handlers of modules take 30 ms and delete folders that all forks share."""
    code = "import weakref as w; print([f for f in w.finalize._registry if f.atexit])"
    assert warm.server.run(["-c", code], cwd="/").out == "[]\n"


def test_a_fork_has_a_temporary_folder_of_its_own(warm, write):
    """`tempfile` caches the folder, so forks would use that of the server."""
    text = (
        "import os, tempfile\n\nprint(tempfile.gettempdir() == os.environ['TMPDIR'])\n"
    )
    assert warm.run(write(text + "#> True\n")).faults == ()


def test_what_was_imported_ahead_is_frozen(warm):
    """Otherwise each garbage collection in a fork takes 200 ms longer."""
    code = "import gc; print(gc.get_freeze_count() > 100_000)"
    assert warm.server.run(["-c", code], cwd="/").out == "True\n"


def test_a_fork_skips_the_teardown_but_not_destructors(warm, write):
    """Finalizing the modules of torch would take half a second."""
    text = """
    import atexit

    class Noisy:
        def __del__(self):
            print("destroyed")

    noisy = Noisy()
    atexit.register(print, "at exit")
    print("end")
    #> end
    #> at exit
    #> destroyed
    """
    assert warm.run(write(text)).faults == ()


def test_unseeded_numbers_differ_from_file_to_file(warm):
    """Forks inherit the random state of the server, including that of NumPy."""
    pytest.importorskip("numpy", reason="needs numpy")
    code = """
import random, numpy, torch
print(random.random(), numpy.random.rand(), torch.rand(1).item(), torch.initial_seed())
"""
    first, second = (warm.server.run(["-c", code], cwd="/").out for _ in range(2))
    pairs = list(zip(first.split(), second.split(), strict=True))
    assert len(pairs) == 4
    assert all(a != b for a, b in pairs)


def test_seeded_numbers_are_those_of_a_fresh_interpreter(warm, write):
    path = write("import torch\n\ntorch.manual_seed(0)\nprint(torch.rand(3))\n")
    fresh = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert warm.run(path).result.out == fresh.stdout != ""


def test_a_forgotten_import_fails_although_it_was_imported_ahead(warm, write):
    """Modules that were imported ahead stay hidden until a script imports them."""
    text = "import torch\n\nprint(torch._dynamo.config)\n"
    code = "import sys; print('torch._dynamo' in sys.modules, 'sympy' in sys.modules)"
    assert warm.server.run(["-c", code], cwd="/").out == "False False\n"
    verdict = warm.run(write("import torch\n\nprint(torch.distributed.fsdp)\n"))
    assert verdict.outcome == "failed"
    assert "fsdp" in verdict.error
    # torch imports _dynamo on demand, which reveals the module imported ahead.
    assert warm.run(write(text)).result.code == 0


def test_the_stash_gives_a_whole_package_back(tmp_path, monkeypatch):
    """The module whose import reveals the others must not be in `sys.modules` yet.

    Otherwise importlib would use the spec of that module, not the one of the stash.
    """
    package = tmp_path / "stashed_package"
    package.mkdir()
    (package / "__init__.py").write_text("from stashed_package import inner\n")
    (package / "inner.py").write_text("value = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    stash = Stash("stashed_package")
    assert not [name for name in sys.modules if name.startswith("stashed_package")]
    import stashed_package.inner

    assert stashed_package.inner.value == 7
    assert stashed_package.__spec__.origin == str(package / "__init__.py")
    assert stash not in sys.meta_path
    for name in ("stashed_package", "stashed_package.inner"):
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def serve(tmp_path, small_torch):
    """Return a function that starts a server with the fake torch and `tmp_path`."""
    path = os.pathsep.join([str(tmp_path), small_torch])
    return functools.partial(Server, env={**environment(), "PYTHONPATH": path})


def test_what_is_imported_ahead_is_not_done_at_the_end_of_all(serve, tmp_path):
    """Only a script that imports the module runs its exit handlers.

    A script that imports a module of the standard library gets that module alone.
    """
    (tmp_path / "stashed_module.py").write_text(
        "import atexit, wave\n\natexit.register(print, 'the end of stashed_module')\n"
    )
    (tmp_path / "stashed_user.py").write_text("import stashed_module\n")
    alone = "import sys, wave; print('stashed_module' in sys.modules, wave.__spec__)"
    wave = "ModuleSpec(name='wave', loader=<_frozen_importlib_external.SourceFileLoader"
    with serve(ahead=("stashed_module", "stashed_user")) as server:
        nothing = server.run(["-c", "import sys; print('wave' in sys.modules)"], "/")
        standard = server.run(["-c", alone], "/")
        all_of_it = server.run(["-c", "import wave, stashed_module"], "/")
        user = server.run(["-c", "import stashed_user, stashed_module"], "/")
        user_alone = server.run(["-c", "import stashed_user"], "/")
    assert nothing.out == "False\n"
    assert standard.out.startswith(f"False {wave}")
    assert standard.out.count("\n") == 1
    for shown in (all_of_it, user, user_alone):
        assert shown.out == "the end of stashed_module\n"


def test_one_torchrun_at_a_time(warm, write):
    """Every torchrun has the same default port, so two at once would clash."""
    text = """
    # Run: torchrun --nproc-per-node=2 FILE
    import torch
    import torch.distributed as dist

    def main():
        dist.init_process_group("gloo")
        total = torch.ones(1) * (dist.get_rank() + 1)
        dist.all_reduce(total)
        if dist.get_rank() == 0:
            print(total.item(), dist.get_world_size())
            #> 3.0 2
        dist.destroy_process_group()


    main()
    """
    files = [write(text, f"reduce_{number}.py") for number in range(3)]
    verdicts = list(warm.run_all(files))
    assert [verdict.faults for verdict in verdicts] == [()] * 3
    assert all(verdict.seconds < 30 for verdict in verdicts)


def test_cold_torchrun_starts_real_workers(write):
    text = """
    # Run: torchrun --nproc-per-node=1 block.py 7
    import os
    import sys

    print(os.environ["WORLD_SIZE"], sys.argv[1:])
    #> 1 ['7']
    """
    with Runner(timeout=120, cold=True, jobs=1) as cold:
        assert cold.run(write(text)).faults == ()


def test_torchrun_sees_which_signal_ended_a_worker(warm, write):
    text = """
    # Run: torchrun --nproc-per-node=1 FILE
    import os, signal

    print("alive", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    says = warm.run(write(text)).result.err
    assert "exitcode  : -9" in says
    assert "(SIGKILL)" in says


def test_flags_reach_the_script(serve):
    with serve(flags=("-W", "error")) as server:
        assert server.import_warnings == ""
        result = server.run(["-c", "import warnings; warnings.warn('x')"], cwd="/")
    assert result.code == 1


COMMANDS = {
    "optimized": ["-O", "-c", "print(__debug__)"],
    "warnings": ["-W", "error", "-c", "import warnings; warnings.warn('x')"],
    "joined": ["-Werror", "-c", "import warnings; warnings.warn('x')"],
    "isolated": ["-I", "-c", "import sys; print(sys.flags.isolated)"],
    "two": ["-uO", "-c", "print(__debug__)"],
    "module": ["-m", "calendar", "2026", "11"],
    "stdin": ["-"],
    "nothing": [],
    "no-file": ["no_such_file.py"],
    "folder": ["a_folder"],
    "dev": ["-X", "dev", "-c", "import sys; print(sys.flags.dev_mode)"],
    "unbuffered": ["-u", "-c", "import sys; print(sys.stdout.write_through)"],
}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_a_fork_cannot_be_is_a_real_one(warm, tmp_path, name, fresh):
    (tmp_path / "a_folder").mkdir()
    (tmp_path / "a_folder" / "__main__.py").write_text("print('main of a folder')\n")
    plain = subprocess.run(
        [sys.executable, *COMMANDS[name]],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    result = warm.server.run(COMMANDS[name], cwd=tmp_path, fresh=fresh)
    assert (result.code, result.out, result.err) == (
        plain.returncode,
        plain.stdout,
        plain.stderr,
    )


def test_a_fresh_run_is_no_fork(warm):
    code = "import os, sys; print('torch' in sys.modules, 'PYTHON_EXEC' in os.environ)"
    assert warm.server.run(["-c", code], "/", fresh=True).out == "False False\n"


def test_a_worker_with_a_flag_has_it(warm):
    code = (
        "import os, subprocess; "
        "print(subprocess.run([os.environ['PYTHON_EXEC'], '-O', '-c', "
        "'print(__debug__)'], capture_output=True, text=True).stdout)"
    )
    assert warm.server.run(["-c", code], "/").out == "False\n\n"


def test_a_worker_with_many_open_files_is_a_real_one(warm):
    code = """
import os, subprocess
files = [os.open(os.devnull, os.O_RDONLY) for _ in range(80)]
command = [os.environ["PYTHON_EXEC"], "-c", "print('worker')"]
print(subprocess.run(command, pass_fds=files, capture_output=True, text=True).stdout)
"""
    assert warm.server.run(["-c", code], "/").out == "worker\n\n"


@pytest.mark.parametrize("limit", [64, 256])
@pytest.mark.usefixtures("finds_small_torch")
def test_few_open_files_are_enough(limit):
    """With `ulimit -n 64`, no file descriptor can be above 63."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, "
        f"({limit}, {limit})); sys.path.insert(0, {str(ROOT)!r})\n"
        "from verify.fork.client import Server\n"
        "for cold in (False, True):\n"
        "    with Server(cold=cold) as server:\n"
        "        print(server.run(['-c', 'print(1)'], '/').out)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n\n1\n\n", "")


def test_few_frames_are_not_the_scripts(warm):
    code = "import inspect; print(len(inspect.stack()))"
    assert warm.server.run(["-c", code], "/").out in ("1\n", "2\n")


def test_importing_torch_is_silent(warm):
    """A warning would appear once per server, but once per file in a fresh Python."""
    assert warm.server.import_warnings == ""


def test_cuda_is_untouched_before_the_fork(warm):
    """A process that was forked after CUDA was initialized can't use CUDA."""
    code = "import torch; print(torch.cuda.is_initialized())"
    assert warm.server.run(["-c", code], cwd="/").out == "False\n"


def test_the_default_device_is_set_from_outside(warm, write):
    """`--device cuda` sets it too, but every machine has the device `meta`."""
    path = write("import torch\n\nprint(torch.ones(1).device)\n")
    env = {"VERIFY_DEFAULT_DEVICE": "meta"}
    assert warm.server.run([path], cwd="/", env=env).out == "meta\n"


def test_two_stashes_share_the_modules_that_both_use(tmp_path, monkeypatch):
    """A second copy of a module would have different classes.

    One package would then reject the objects of the other.
    """
    for name in ("first", "second"):
        (tmp_path / f"twin_{name}.py").write_text("import twin_shared\n")
    (tmp_path / "twin_shared.py").write_text("class Kind: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    first = Stash("twin_first")
    Stash("twin_second", (first,))
    assert not [name for name in sys.modules if name.startswith("twin_")]
    import twin_second

    assert "twin_first" not in sys.modules
    import twin_first

    assert twin_first.twin_shared is twin_second.twin_shared


def test_a_stash_may_hold_a_part_of_a_package_in_another(tmp_path, monkeypatch):
    """For example, torch 2.7.1 imports `xml`, but not `xml.etree`."""
    package = tmp_path / "shared_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("value = 7\n")
    (tmp_path / "uses_package.py").write_text("import shared_package\n")
    (tmp_path / "uses_part.py").write_text("import shared_package.part\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    Stash("uses_part", (Stash("uses_package"),))
    import shared_package

    assert not hasattr(shared_package, "part")
    import uses_part

    assert uses_part.shared_package.part.value == 7
    names = ("shared_package", "shared_package.part", "uses_package", "uses_part")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_a_part_that_one_stash_holds_is_there_for_the_next(tmp_path, monkeypatch):
    """NumPy imports `numpy.typing` when the attribute is first used.

    If the module is hidden at that moment, `__getattr__` calls itself forever.
    """
    package = tmp_path / "lazy_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "def __getattr__(name):\n    import lazy_package.part as it\n    return it\n"
    )
    (package / "part.py").write_text("value = 7\n")
    (tmp_path / "lazy_first.py").write_text("import lazy_package.part\n")
    (tmp_path / "lazy_second.py").write_text("import lazy_package as p; p.part.value\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    import lazy_package

    Stash("lazy_second", (Stash("lazy_first"),))
    assert "lazy_second" not in sys.modules
    assert "part" not in vars(lazy_package)
    monkeypatch.delitem(sys.modules, "lazy_package")


def test_what_a_stash_uses_of_another_appears_with_it(tmp_path, monkeypatch):
    """In torch 2.15.0, a package needed a module that another stash was hiding."""
    package = tmp_path / "deep_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("import deep_package.helper\n")
    (package / "helper.py").write_text("value = 7\n")
    (package / "unused.py").write_text("")
    (tmp_path / "deep_first.py").write_text(
        "import deep_package.part, deep_package.unused\n"
    )
    (tmp_path / "deep_second.py").write_text("from deep_package import part\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    Stash("deep_second", (Stash("deep_first"),))
    assert not [name for name in sys.modules if name.startswith("deep_")]
    import deep_second

    seen = sorted(name for name in sys.modules if name.startswith("deep_"))
    for name in seen:
        monkeypatch.delitem(sys.modules, name)
    assert deep_second.part.deep_package.helper.value == 7
    assert seen == [
        "deep_package",
        "deep_package.helper",
        "deep_package.part",
        "deep_second",
    ]


HAS_THREAD = """
import os, threading

end = threading.Event()
thread = threading.Thread(target=end.wait, daemon=True)
thread.start()
if {ends_at_fork}:
    os.register_at_fork(before=lambda: (end.set(), thread.join()))
"""


@pytest.mark.parametrize("ends_at_fork", [True, False])
def test_an_import_that_starts_a_thread_is_not_done_ahead(
    ends_at_fork, serve, tmp_path
):
    """A lock that another thread holds during a fork stays locked forever.

    Threads that end before the fork, like those of OpenBLAS, do no harm.
    """
    text = HAS_THREAD.format(ends_at_fork=ends_at_fork)
    (tmp_path / "has_thread.py").write_text(text)
    code = "import sys, has_thread; print('torch' in sys.modules, has_thread.thread)"
    with serve(ahead=("has_thread",)) as server:
        result = server.run(["-c", code], "/", serve.keywords["env"])
        assert (server.cold, server.cold_because) == (False, None)
        assert "torch" in server.versions
    # The module that wasn't imported ahead starts its thread in the script.
    assert result.code == 0
    assert ("started" in result.out) == (not ends_at_fork)


def test_a_torch_that_starts_a_thread_runs_cold(serve, tmp_path):
    (tmp_path / "torch.py").write_text(HAS_THREAD.format(ends_at_fork=False))
    env = serve.keywords["env"]
    with serve() as server:
        assert server.cold
        assert "started a thread" in server.cold_because
        assert list(server.versions) == ["python"]
        result = server.run(["-c", "import sys, torch; print(sys.argv)"], "/", env)
        assert (result.code, result.out) == (0, "['-c']\n")
        # A restarted server doesn't try to import torch again.
        os.kill(server.pid, 9)
        runs = [server.run(["-c", "print(1)"], "/", env) for _ in range(2)]
        assert runs[0].lost or runs[0].out == "1\n"  # it may die with the keeper
        assert runs[1].out == "1\n"


def test_what_an_import_ahead_prints_is_no_answer(serve, tmp_path):
    (tmp_path / "prints.py").write_text("print('hello')\n")
    with serve(ahead=("prints",)) as server:
        assert server.import_warnings == "hello\n"
        assert server.run(["-c", "print(1)"], "/").out == "1\n"


def test_what_is_imported_ahead_is_unseen_too(write, tmp_path, small_torch):
    pytest.importorskip("matplotlib")
    code = "import sys; print('matplotlib' in sys.modules)"
    draws = write(
        """
        # Needs: matplotlib
        import sys

        import matplotlib.pyplot as plt

        print("stashed_module" in sys.modules, plt.gcf().number)
        plt.savefig("one.svg")
        #> False 1
        """
    )
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "stashed_module.py").touch()
    path = os.pathsep.join([str(tmp_path / "modules"), small_torch])
    ahead = ["stashed_module", "matplotlib.pyplot", "no_such_module"]
    with Runner(ahead=ahead, variables={"PYTHONPATH": path}, jobs=1) as runner:
        assert runner.server.run(["-c", code], cwd="/").out == "False\n"
        for _ in range(2):  # no figure is left of the first run
            assert runner.run(draws).faults == ()
