"""Test that a snippet file gets the same environment, whoever starts the runner."""

import os

import pytest

from verify.environ import environment


@pytest.mark.parametrize(
    "name",
    [
        "COLUMNS",
        "FORCE_COLOR",
        "NO_COLOR",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "PYTHONWARNINGS",
        "PYTHONOPTIMIZE",
        "OMP_NUM_THREADS",
        "MASTER_ADDR",
        "RANK",
        "PYTORCH_ENABLE_MPS_FALLBACK",
        "TORCH_LOGS",
        "MPLBACKEND",
        "LD_PRELOAD",
    ],
)
def test_what_the_caller_has_set_does_not_reach_a_file(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert name not in environment()


def test_language_and_time_zone_are_the_same_for_all(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.GBK")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    env = environment()
    assert (env["LANG"], env["LC_ALL"], env["TZ"]) == ("C.UTF-8", "C.UTF-8", "UTC")


def test_programs_and_devices_are_found(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    env = environment()
    assert env["PATH"] == os.environ["PATH"]
    assert env["CUDA_VISIBLE_DEVICES"] == "1"


def test_a_file_sees_the_allowed_names_only(runner, write, monkeypatch):
    monkeypatch.setenv("GH_TOKEN", "secret")
    monkeypatch.setenv("COLUMNS", "40")
    path = write("""
    import os
    import shutil

    print("GH_TOKEN" in os.environ, shutil.get_terminal_size().columns)
    #> False 80
    print(os.path.realpath(os.environ["HOME"]) == os.path.realpath("../home"))
    #> True
    """)
    assert runner.run(path).faults == ()
