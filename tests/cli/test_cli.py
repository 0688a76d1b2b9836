"""The command line: what it prints, how it fails, how fast it answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from metaworldx import cli
from metaworldx.cli._old_spellings import todays

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


def run(capsys, *args: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command line."""
    status = cli.main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys, *args: str) -> str:
    """The one line that a command line of bad input ends in."""
    status, out, err = run(capsys, *args)
    assert (status, out) == (2, "")
    assert err.startswith("metaworldx: error: ")
    assert err.count("\n") == 1
    return err


@pytest.fixture
def folder(tmp_path):
    """A folder with one good recording."""
    shutil.copy(RECORDINGS / "h1-walk-v0.npz", tmp_path)
    return tmp_path


def test_unknown_command_names_the_nearest(capsys):
    assert "did you mean 'verify'?" in refused(capsys, "verfy")


def test_no_command_shows_the_commands(capsys):
    status, out, _ = run(capsys)
    assert status == 2
    assert all(name in out for name in cli.COMMANDS)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("run --episodes abc", "--episodes is 'abc'; needs INT (metaworldx run --help lists all)"),
        ("run --episods 3", "unknown: --episods, 3; did you mean --episodes?"),
        ("run --seed 1 2", "unknown: 2 ("),
        ("run --without", "--without needs a value ("),
        ("run \x1b[2J", "unknown: \\x1b[2J ("),
        ("train router --teacher offline", "needs --tasks (metaworldx train router --help"),
        ("train router --tasks h1-door --beta x", "--beta is 'x'; needs FLOAT ("),
        ("bench env --envs 1e3", "--envs"),
    ],
)
def test_bad_options_are_told_in_one_line(capsys, args, told):
    assert told in refused(capsys, *args.split(" "))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("eval runs/a --checkpoint best", "eval agent runs/a --checkpoint best"),
        ("eval --checkpoint best runs/a", "eval agent --checkpoint best runs/a"),
        ("eval --expert walk --pool p", "eval expert walk --pool p"),
        ("eval --task h1-door --expert=walk", "eval expert walk --task h1-door"),
        ("eval --expert walk --untrained", "eval expert walk --offsets random"),
        ("eval --mixture walk=0.7,reach=0.3 --task h1-door",
         "eval mixture walk=0.7,reach=0.3 --task h1-door"),
        ("eval --teacher cached --router r --task t", "eval router r --teacher cached --task t"),
        ("eval --teacher cached --task t", "eval teacher cached --task t"),
        ("eval --scripted hold --task t", "eval scripted hold --task t"),
        ("train feedback --skill walk", "train balance --skill walk"),
    ],
)  # fmt: skip
def test_old_spellings_are_read_as_todays_and_told(old, new):
    read, warning = todays(old.split())
    assert read == new.split()
    assert warning is not None and warning.endswith(f"metaworldx {new}") and "\n" not in warning
    assert todays(read) == (read, None)


def test_an_old_spelling_gives_the_same_and_one_line_more(capsys):
    args = ["--task", "h1-stand", "--episodes", "1", "--json"]
    status, out, err = run(capsys, "eval", "scripted", "hold", *args)
    assert (status, err) == (0, "")
    status, old, err = run(capsys, "eval", *args, "--scripted", "hold")
    assert (status, old) == (0, out)
    assert err.startswith("metaworldx: warning: ") and err.count("\n") == 1
    assert "metaworldx eval scripted hold" in err
    assert "did you mean 'hold'" in refused(capsys, "eval", "--scripted", "hodl", *args)


@pytest.mark.parametrize("command", [[], *(name.split() for name in cli.COMMANDS)])
def test_help_answers_fast_without_jax(command):
    # Processor time, so that a busy machine makes no difference.
    code = (
        "import sys, time, metaworldx.cli as c\n"
        f"try: c.main({[*command, '--help']!r})\n"
        "except SystemExit: pass\n"
        "print(time.process_time(), 'jax' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "usage: metaworldx" in done.stdout
    seconds, jax_imported = done.stderr.split()
    assert jax_imported == "False"
    assert float(seconds) < 1.0


def test_envs_lists_all(capsys):
    status, out, _ = run(capsys, "envs", "--json")
    assert status == 0
    listed = {entry["env"]: entry for entry in json.loads(out)}
    assert len(listed) == 52
    assert listed["h1-walk-v0"] == {
        "env": "h1-walk-v0",
        "obs_size": 51,
        "action_size": 19,
        "max_episode_steps": 1000,
        "success_bar": 700,
        "min_collisions": "feet",
    }
    assert listed["h1-push-v0"]["max_episode_steps"] == 500


def test_verify_passes_on_good_recording(capsys, folder):
    status, out, err = run(capsys, "verify", folder)
    assert (status, err) == (0, "")
    assert "h1-walk-v0" in out
    assert out.endswith("1 environments and 0 flights, 0 out of tolerance\n")


def test_verify_fails_on_difference(capsys, folder):
    with np.load(folder / "h1-walk-v0.npz") as file:
        arrays = {key: file[key] for key in file.files}
    arrays["reward"] += 0.01
    np.savez(folder / "h1-walk-v0.npz", **arrays)  # type: ignore[arg-type]
    status, out, _ = run(capsys, "verify", folder, "--json")
    data = json.loads(out)
    assert status == 1
    assert not data["passed"]
    assert data["environments"][0]["failures"] == ["reward error 0.01, over 0.0001"]


def test_verify_goes_on_past_bad_files(capsys, folder):
    (folder / "cut.npz").write_bytes((folder / "h1-walk-v0.npz").read_bytes()[:5000])
    status, out, err = run(capsys, "verify", folder, "--json")
    data = json.loads(out)
    assert status == 2
    assert [entry["env"] for entry in data["environments"]] == ["h1-walk-v0"]
    assert data["environments"][0]["passed"]
    assert [entry["file"] for entry in data["unreadable"]] == ["cut.npz"]
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1


def test_verify_takes_the_task_from_the_names(capsys, tmp_path):
    shutil.copy(RECORDINGS / "h1-walk-v0.npz", tmp_path / "anything.npz")
    status, out, _ = run(capsys, "verify", tmp_path, "--json")
    assert status == 0
    assert json.loads(out)["environments"][0]["env"] == "h1-walk-v0"


def test_verify_refuses_missing_folder(capsys, tmp_path):
    assert "no folder" in refused(capsys, "verify", tmp_path / "nowhere")


def test_verify_refuses_empty_folder(capsys, tmp_path):
    assert "no recordings" in refused(capsys, "verify", tmp_path)


@pytest.mark.parametrize("what", ["foreign", "pickled", "text", "folder", "unknown"])
def test_verify_names_bad_file(capsys, tmp_path, what):
    path = tmp_path / "bad.npz"
    if what == "foreign":
        np.savez(path, weights=np.zeros(3))
    elif what == "pickled":
        np.savez(path, names=np.array([{"env": "h1-walk-v0"}], dtype=object))
    elif what == "text":
        path.write_text("not an archive\n")
    elif what == "folder":
        path.mkdir()
    else:
        with np.load(RECORDINGS / "h1-walk-v0.npz") as file:
            arrays = {key: file[key] for key in file.files}
        arrays["names"] = np.array(str(arrays["names"]).replace("h1-walk-v0", "h1-wlak-v0"))
        np.savez(path, **arrays)  # type: ignore[arg-type]
    status, _, err = run(capsys, "verify", tmp_path)
    assert status == 2
    assert err.count("\n") == 1
    assert err.startswith(f"metaworldx: error: {path}")
    if what == "unknown":
        assert "did you mean 'h1-walk-v0'?" in err


def test_closed_pipe_is_quiet():
    code = "import metaworldx.cli as c, sys; sys.exit(c.main(['--help'] * 1))"
    shell = f'{{ sleep 0.3; {sys.executable} -c "{code}"; }} | true'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True)
    assert done.returncode == 141
    assert done.stderr == ""


def test_interrupt_is_quiet(capsys, monkeypatch):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr("metaworldx.cli._main._run", interrupted)
    assert run(capsys, "envs") == (130, "", "")


@pytest.mark.parametrize("seed", ["-1", "2147483648", "99999999999999999999999"])
@pytest.mark.parametrize(
    "args",
    [
        ["eval", "scripted", "hold", "--task", "h1-stand"],
        ["run", "--teacher", "offline"],
        ["train", "router", "--tasks", "h1-door", "--teacher", "offline"],
        ["train", "agent", "--task", "h1-stand"],
        ["train", "expert", "--skill", "stand"],
        ["train", "pool"],
        ["train", "balance", "--skill", "stand"],
    ],
)
def test_a_seed_that_does_not_go_is_told_before_anything_is_written(tmp_path, capsys, args, seed):
    out = tmp_path / "there" / "out"
    assert cli.main([*args, "--seed", seed, "--out", str(out)]) == 2
    said = f"metaworldx: error: seed is {seed}; needs 0 to 2147483647\n"
    assert capsys.readouterr().err == said and not out.parent.exists()


@pytest.mark.parametrize("module", ["benchmarks.env", "interop.brax", "sim.mjx"])
def test_nothing_that_imports_mjx_prints(module):
    """Where Warp is not installed MJX says so on stdout, which belongs to our JSON."""
    hide = "import sys; sys.modules['warp'] = None; "
    done = subprocess.run(
        [sys.executable, "-c", f"{hide}import metaworldx.{module}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
