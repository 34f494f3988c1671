"""Test that uv or pip installs a release, and that a failure gives its cause."""

import http.server
import io
import os
import re
import sys
import tarfile
import threading
import venv

import pytest

from tests.verify.fakes import OFFLINE, REAL, Tree, wheel
from verify import RequestError, environments, installer
from verify.install_errors import LONGEST, cause_from_pip, cause_from_uv
from verify.installer import Installer, InstallError

OLD, NEW = "2.14.1", "2.15.0"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Return a folder with wheels of two good releases, and of some broken ones."""
    tree = Tree(tmp_path_factory.mktemp("wheels"))
    for release in (OLD, NEW):
        tree.torch(release)
    tree.torch("2.16.0", needs="no-such-package>=3")
    tree.torch("2.17.0", python=">=9.1")
    tree.torch("2.18.0", needs="helper>=2")
    for version in ("1", "2"):
        wheel(tree.wheels, "helper", version, {"helper.py": ""})
    (tree.wheels / "torch-2.19.0-py3-none-any.whl").write_text("not an archive")
    failing_source(tree.wheels / "torch-2.20.0.tar.gz", "torch-2.20.0")
    return tree.wheels


def failing_source(path, name):
    """Write a source distribution whose build fails."""
    fails = "def f(*a, **k):\n    raise RuntimeError('there is no compiler')\n"
    fails += "build_wheel = prepare_metadata_for_build_wheel = f\n"
    backend = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]'
    about = "Metadata-Version: 2.1\nName: torch\nVersion: 2.20.0\n"
    files = {"pyproject.toml": backend, "b.py": fails, "PKG-INFO": about}
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            member = tarfile.TarInfo(f"{name}/{file}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def offline(wheels, monkeypatch):
    """Return an installer that uses only the wheels of a folder, and no network."""
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
    return Installer(wheels=wheels)


@pytest.fixture(params=["pip", "uv"])
def tool(request, monkeypatch):
    """Have the installer use only one tool, pip or uv, and return its name."""
    uv = installer.find_uv()
    if request.param == "uv" and not uv:
        pytest.skip("uv isn't installed")
    monkeypatch.setattr(installer, "find_uv", lambda: uv)
    both = Installer._ways

    def ways(self, folder, wanted):
        return (way for way in both(self, folder, wanted) if way[0] == request.param)

    monkeypatch.setattr(Installer, "_ways", ways)
    return request.param


def error_of(source, torch, folder, packages=()):
    """Check that an install fails with a message of one line, and return it."""
    with pytest.raises(InstallError) as caught:
        source.install(torch, packages, folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < LONGEST + 200
    return message


@pytest.mark.parametrize(
    ("torch", "packages", "words"),
    [
        ("2.16.0", (), ["no-such-package>=3", "torch"]),
        ("2.17.0", (), [">=9.1"]),
        ("2.18.0", ("helper<2",), ["helper>=2", "helper<2"]),
        ("2.19.0", (), ["2.19.0", "invalid"]),
        ("2.20.0", (), ["there is no compiler"]),
        ("2.99.0", (), ["torch==2.99.0"]),
    ],
)
def test_the_cause_is_told(
    offline, tmp_path, tool, monkeypatch, torch, packages, words
):
    monkeypatch.setenv("PIP_QUIET", "3")  # the user's settings must not hide it
    monkeypatch.setenv("UV_QUIET", "1")
    message = error_of(offline, torch, tmp_path / "env", packages)
    assert message.startswith(f"{tool}: ")
    assert [word for word in words if word not in message] == []


def test_a_constraint_in_the_way_is_named(offline, tmp_path, tool, monkeypatch):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"torch<={OLD}\n")
    monkeypatch.setenv(f"{tool.upper()}_CONSTRAINT", str(constraints))
    message = error_of(offline, NEW, tmp_path / "env")
    assert f"torch=={NEW}" in message
    assert f"torch<={OLD}" in message
    assert "ResolutionImpossible" not in message
    assert (str(constraints) in message) == (tool == "pip")


@pytest.fixture
def index():
    """Serve a local index with one release, which requires a later Python."""

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            file = "torch-2.21.0-py3-none-any.whl"
            link = f'<a href="{file}" data-requires-python="&gt;=9.1">{file}</a>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!DOCTYPE html><html>{link}</html>".encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/wheels"
        server.shutdown()


def use_index(monkeypatch, address):
    """Have both tools use one index, with few retries and no proxy."""
    for name in ("PIP_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, address)
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_python_that_the_index_has_nothing_for(
    offline, tmp_path, tool, index, monkeypatch
):
    use_index(monkeypatch, index)
    message = error_of(offline, "2.21.0", tmp_path / "env")
    assert "torch==2.21.0" in message
    assert ">=9.1" in message


def test_an_index_that_cannot_be_reached(offline, tmp_path, tool, monkeypatch):
    use_index(monkeypatch, "http://127.0.0.1:9/wheels")
    message = error_of(offline, "2.98.0", tmp_path / "env")
    assert "Connection refused" in message


PIP = {
    "a full disk": (
        "Collecting torch==2.15.0\n"
        "  Downloading torch-2.15.0-cp311-none-manylinux1_x86_64.whl (190.0 MB)\n"
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left "
        "on device\n\n",
        "Could not install packages due to an OSError: [Errno 28] No space left on "
        "device",
    ),
    "a full disk, in a traceback": (
        'ERROR: Exception:\nTraceback (most recent call last):\n  File "x.py", line 1\n'
        "OSError: [Errno 28] No space left on device\n",
        "OSError: [Errno 28] No space left on device",
    ),
    "a certificate": (
        "Could not fetch URL https://index.example/simple/torch/: There was a problem "
        "confirming the ssl certificate: certificate verify failed - skipping\n"
        "ERROR: Could not find a version that satisfies the requirement torch==2.15.0 "
        "(from versions: none)\n"
        "ERROR: No matching distribution found for torch==2.15.0\n",
        "can't reach the index for torch==2.15.0: https://index.example/simple/torch/: "
        "There was a problem confirming the ssl certificate: certificate verify failed "
        "- skipping",
    ),
    "a hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If "
        "you have updated the package versions, please update the hashes.\n"
        "    torch==2.15.0 from https://index.example/torch.whl:\n"
        "        Expected sha256 00aa\n             Got        11bb\n\n",
        "the hashes don't match: torch==2.15.0 from https://index.example/torch.whl: "
        "Expected sha256 00aa Got 11bb",
    ),
    "a missing file of constraints": (
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: "
        "'c'\n",
        "Could not open requirements file: [Errno 2] No such file or directory: 'c'",
    ),
    "a newer dependency for a later Python": (
        "ERROR: Ignored the following versions that require a different python version:"
        " 2.4.0 Requires-Python >=3.12; 2.5.0 Requires-Python >=3.13\n"
        "ERROR: Could not find a version that satisfies the requirement numpy>=2.4 "
        "(from versions: 1.26.4, 2.3.5)\n"
        "ERROR: No matching distribution found for numpy>=2.4\n",
        "No matching distribution found for numpy>=2.4; 2.5.0 has Requires-Python "
        ">=3.13",
    ),
    "nothing": ("\n", "it printed nothing"),
}
UV = {
    "a frame around the cause": (
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because torch==2.15.0 depends on numpy>=2 and you require numpy<2, we\n"
        "      can conclude that your requirements are unsatisfiable.\n",
        "Because torch==2.15.0 depends on numpy>=2 and you require numpy<2",
    ),
    "a chain of causes": (
        "error: Failed to install: torch-2.15.0.whl (torch==2.15.0)\n"
        "  Caused by: failed to write to file `x`\n"
        "  Caused by: No space left on device (os error 28)\n",
        "Failed to install: torch-2.15.0.whl (torch==2.15.0): failed to write to file "
        "`x`: No space left on device (os error 28)",
    ),
    "a hash": (
        "error: Failed to download `torch==2.15.0`\n"
        "  cause: Hash mismatch for `torch==2.15.0`\n\n"
        "         Expected:\n           sha256:00aa\n\n"
        "         Computed:\n           sha256:11bb\n",
        "Failed to download `torch==2.15.0`: Hash mismatch for `torch==2.15.0` "
        "Expected: sha256:00aa Computed: sha256:11bb",
    ),
    "a hint": (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because torch==2.4.0 has no wheels with a matching ABI tag, we "
        "can conclude that your requirements are unsatisfiable.\n\n"
        "hint: You require CPython 3.13 (`cp313`)\n",
        "Because torch==2.4.0 has no wheels with a matching ABI tag (You require "
        "CPython 3.13 (`cp313`))",
    ),
    "one line": ("error: File not found: `c.txt`\n", "File not found: `c.txt`"),
    "no error": ("Killed\n", "Killed"),
}


@pytest.mark.parametrize(("printed", "cause"), PIP.values(), ids=PIP)
def test_what_pip_prints_is_one_line(printed, cause):
    assert cause_from_pip(printed) == cause


@pytest.mark.parametrize(("printed", "cause"), UV.values(), ids=UV)
def test_what_uv_prints_is_one_line(printed, cause):
    assert cause_from_uv(printed) == cause


def test_a_page_of_a_resolver_is_cut():
    cause = cause_from_uv("error: No solution found\n  cause: " + "because " * 1000)
    assert len(cause) == LONGEST
    assert cause.endswith(" …")


def test_pip_installs_where_uv_fails(offline, tmp_path, monkeypatch):
    monkeypatch.setattr(installer, "find_uv", lambda: ["false"])
    how = offline.install(OLD, [], tmp_path / "env")
    assert how.startswith("pip, ")
    assert [*(tmp_path / "env").glob(f"lib/*/site-packages/torch-{OLD}.dist-info")]


@pytest.mark.parametrize("uv", [None, ["false"]])
def test_a_failure_says_whether_uv_was_tried(offline, tmp_path, monkeypatch, uv):
    monkeypatch.setattr(installer, "find_uv", lambda: uv)
    message = error_of(offline, "2.99.0", tmp_path / "env")
    if uv:
        assert message.startswith("uv: it printed nothing; pip: No matching")
        assert "isn't installed" not in message
    else:
        assert message.startswith("pip: No matching")
        assert message.endswith(
            "; uv isn't installed; if it were, it would be tried first"
        )


def test_an_old_torch_gets_the_numpy_that_it_was_built_for(
    offline, tmp_path, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        Installer, "_ways", lambda self, folder, wanted: asked.append(wanted) or []
    )
    for release in ("2.2.2", "2.3.0"):
        with pytest.raises(InstallError):
            offline.install(release, ["numpy"], tmp_path / "env")
    assert asked == [["torch==2.2.2", "numpy<2"], ["torch==2.3.0", "numpy"]]


@pytest.fixture
def bare(tmp_path):
    """Return an interpreter without pip, like that of `uvx nox`."""
    venv.create(tmp_path / "bare", symlinks=True)
    return str(tmp_path / "bare" / "bin" / "python")


def test_an_interpreter_without_pip_uses_the_one_of_ensurepip(
    offline, wheels, bare, tmp_path, monkeypatch
):
    pytest.importorskip("ensurepip", reason="this Python comes without pip")
    monkeypatch.setattr(installer, "find_uv", lambda: None)
    how = Installer(bare, wheels=wheels).install(OLD, [], tmp_path / "env")
    assert how.startswith("pip, ")


def test_without_any_pip_uv_fetches_one(offline, wheels, bare, monkeypatch):
    if not installer.find_uv():
        pytest.skip("uv isn't installed")
    ensurepip = pytest.importorskip("ensurepip", reason="it has the wheel of pip")
    folder = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    if not os.path.isdir(folder):
        pytest.skip("this Python comes without the wheel of pip")
    facts = {"version": "3.11.7", "pip": None}
    monkeypatch.setattr(installer, "_facts", lambda python: facts)
    monkeypatch.setenv("UV_FIND_LINKS", folder)
    assert {OLD, NEW} <= {*Installer(bare, wheels=wheels).releases()}
    monkeypatch.setattr(installer, "find_uv", lambda: None)
    with pytest.raises(RequestError, match=r"has no pip, and there is no uv to fetch"):
        Installer(bare, wheels=wheels).releases()


def test_an_interpreter_that_is_not_there_is_2_in_one_line(tmp_path):
    tree = Tree(tmp_path)
    tree.snippet("tensors/sums/add.py", "print(3)\n#> 3\n")
    code, _, err = tree.verify("--python", "no-such-python", program=REAL)
    assert code == 2
    assert err.startswith("verify: can't start no-such-python: ")
    assert err.endswith("; name another interpreter with --python\n")
    assert err.count("\n") == 1


def test_no_torch_at_all_is_2_with_the_cause(tmp_path):
    tree = Tree(tmp_path)
    tree.snippet("tensors/sums/add.py", "print(3)\n#> 3\n")
    code, _, err = tree.verify(program=REAL)
    assert code == 2
    assert err == (
        f"verify: pip finds no torch for {sys.executable}: No matching distribution "
        "found for torch\n"
    )


def test_the_report_of_a_release_says_why_it_is_not_installed(tmp_path):
    tree = Tree(tmp_path)
    tree.snippet("tensors/sums/add.py", "print(3)\n#> 3\n")
    tree.torch(NEW)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"torch<={OLD}\n")
    # pip and uv read different variables.
    names = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
    environment = dict.fromkeys(names, str(constraints))
    code, out, err = tree.verify(NEW, program=REAL, environment=environment)
    assert (code, err) == (1, "")
    (told,) = re.findall(rf"^torch {NEW} on cpu: not-installed: (.+)$", out, re.M)
    assert f"The user requested (constraint) torch<={OLD}" in told
    assert str(tmp_path) in told  # the user has to find the file
    assert str(tmp_path) not in tree.record(NEW).read_text()  # but records are public


def test_packages_are_those_that_the_files_ask_for(tmp_path, monkeypatch):
    tree = Tree(tmp_path)
    monkeypatch.setattr(
        environments, "find", lambda: sorted((tree.root / "snippets").rglob("*.py"))
    )
    tree.snippet(
        "tensors/sums/many.py",
        "# Needs: torch>=2.1, sklearn, numpy, cuda, linux, snippets\nprint(1)\n#> 1\n",
    )
    tests = tree.root / "tests"
    assert environments.packages(tests) == ["numpy", "scikit-learn"]
    tests.mkdir()
    assert environments.packages(tests) == ["numpy", "pytest", "scikit-learn"]
