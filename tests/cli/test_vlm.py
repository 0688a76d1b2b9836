"""`metaworldx vlm ask` and `vlm cache`: what they print, and bad input in one line."""

import json
import os
import struct
import subprocess
import sys
import zlib

import pytest
from rich.text import Text

from helpers import gemini_server as serve
from metaworldx.cli import main
from metaworldx.cli._tables import print_table

EXPERTS = {"stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair"}


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)


def _picture(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_asking_about_a_task_prints_scores_stages_and_who_answered(capsys):
    assert main(["vlm", "ask", "--task", "h1-door", "--teacher", "offline", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["relevance"]) == EXPERTS and found["teacher"] == "offline"
    assert max(found["relevance"].values()) == 10.0 and len(found["stages"]) == 5
    assert 0.0 <= found["confidence"] <= 1.0


def test_asking_gemini_without_a_key_falls_to_offline_and_says_why(capsys, tmp_path, caplog):
    (tmp_path / "scene.png").write_bytes(_picture())
    text = "Bring the parcel to the kitchen."
    image = str(tmp_path / "scene.png")
    assert main(["vlm", "ask", "--text", text, "--image", image, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["teacher"] == "offline" and "GEMINI_API_KEY" in found["notes"][0]
    assert "teacher gemini: GEMINI_API_KEY is not set; asking cached" in caplog.text
    assert "comes with the package; asking offline" in caplog.text
    assert main(["vlm", "ask", "--text", text, "--teacher", "offline"]) == 0
    out = capsys.readouterr().out
    assert "offline, confidence" in out and "carry" in out.split("expert")[1]


def test_answers_are_kept_once_and_read_again(capsys, tmp_path):
    folder = tmp_path / "guidance"
    keep = ["vlm", "cache", "--teacher", "offline", "--out", str(folder)]
    assert main([*keep, "--tasks", "h1-door", "h1hand-push", "--texts", "Sit down."]) == 0
    assert "wrote 3 answers" in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 3
    (folder / "h1-door-v0.json").touch()
    assert main([*keep, "--tasks", "h1-door"]) == 0
    assert "wrote 0 answers" in capsys.readouterr().out
    cached = ["vlm", "ask", "--teacher", "cached", "--cache", str(folder), "--json"]
    assert main([*cached, "--task", "h1-door"]) == 0
    assert json.loads(capsys.readouterr().out)["teacher"] == "cached (offline)"
    assert main([*cached, "--text", "Something new: wave."]) == 0
    assert json.loads(capsys.readouterr().out)["teacher"] == "offline"


@pytest.mark.parametrize("text", ["walk [/b]", "[bold]walk[/bold] :door: \\[x]", "walk [red"])
def test_a_text_that_looks_like_markup_is_printed_as_it_is(capsys, text):
    assert main(["vlm", "ask", "--text", text, "--teacher", "offline"]) == 0
    assert capsys.readouterr().out.startswith(f"{text}: offline, confidence")


def test_tables_take_strings_as_they_are_and_texts_with_their_style(capsys):
    print_table("[b]t", ["[c]", "d"], [["[/red]", Text("out", "red")], ["a\\", "[x] :door:"]])
    told = capsys.readouterr().out
    assert all(cell in told for cell in ("[b]t", "[c]", "[/red]", " out", "a\\", "[x] :door:"))


def test_the_prompt_can_be_read(capsys):
    assert main(["vlm", "ask", "--text", "Open the hatch.", "--prompt"]) == 0
    out = capsys.readouterr().out
    assert "Open the hatch." in out and all(f"- {name}:" in out for name in EXPERTS)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "give either --task"),
        (["--task", "h1-door", "--text", "go"], "give either --task"),
        (["--task", "h1-dor"], "did you mean 'h1-door"),
        (["--text", "   "], "empty"),
        (["--text", "walk \udcff door"], "not UTF-8"),
        (["--text", "walk " * 1000], "2000 at most"),
        (["--text", "go", "--teacher", "oracle"], "unknown teacher 'oracle'"),
        (["--text", "go", "--image", "{here}/none.png"], "no picture"),
        (["--text", "go", "--image", "{here}/text.png"], "no PNG or JPEG"),
        (["--text", "go", "--image", "{here}"], "it is a folder"),
        (["--text", "go", "--image", "{here}/pipe"], "it is a pipe"),
        (["--text", "go", "--image", "/dev/zero"], "it is a pipe or device"),
        (["--text", "go", "--image", "{here}/big.png"], "larger than 10 MB"),
        (["--text", "go", "--image", "{here}/wide.png"], "100000 x 1000 pixels"),
        (["--text", "go", "--image", "{here}/wider.png"], "too many pixels"),
        (["--text", "go", "--image", "{here}/" + "x" * 300], "cannot read the picture"),
        (["--text", "go", "--pool", "{here}"], "no pool"),
        (["--text", "go", "--pool", "{here}/empty"], "no experts"),
        (["--text", "go", "--out", "/dev/null/x.json"], "cannot write"),
        (["--task", "h1-door", "--teacher", "cached", "--cache", "{here}"], "h1-door-v0.json"),
    ],
)
def test_bad_input_is_one_line(capsys, tmp_path, recwarn, args, told):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "wide.png").write_bytes(_picture(100_000, 1000))
    (tmp_path / "wider.png").write_bytes(_picture(100_000, 100_000))
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(10_000_001)
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "h1-door-v0.json").write_text('{"relevance": "all of them"}')
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "pool.json").write_text(
        '{"format": "metaworldx-pool-1", "robot": "h1", "experts": []}'
    )
    given = [arg.format(here=tmp_path) for arg in args]
    assert main(["vlm", "ask", *given]) == 2
    out, err = capsys.readouterr()
    assert out == "" and told in err and err.count("\n") == 1
    assert not [each for each in recwarn if "Bomb" in each.category.__name__]


@pytest.mark.parametrize(
    "command",
    [
        ["vlm", "ask", "--task", "h1-door"],
        ["eval", "router", "{here}", "--task", "h1-door"],
        ["run", "--tasks", "h1-door", "--out", "{here}/out"],
        ["train", "router", "--tasks", "h1-door", "--out", "{here}/out"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--teacher", "cached", "--cache", "{here}/none"], "no folder of kept answers"),
        (["--teacher", "offline", "--cache", "{here}/none"], "no folder of kept answers"),
    ],
)
def test_kept_answers_that_are_not_there_are_told_by_all_commands(
    capsys, tmp_path, command, given, told
):
    assert main([arg.format(here=tmp_path) for arg in (*command, *given)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and told in err and err.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["eval teacher cached", "train router"])
def test_a_damaged_file_of_a_teacher_asked_for_by_name_is_told(capsys, tmp_path, command):
    (tmp_path / "h1-door-v0.json").write_text("{")
    by_itself = command.startswith("eval")
    task = ["--task" if by_itself else "--tasks", "h1-door"]
    given = [*([] if by_itself else ["--teacher", "cached"]), "--cache", str(tmp_path)]
    out = ["--out", str(tmp_path / "out" / "x.json")]
    assert main([*command.split(), *task, *given, *out]) == 2
    err = capsys.readouterr().err
    assert "h1-door-v0.json cannot be read as an answer" in err and err.count("\n") == 1


def test_a_text_that_is_not_utf_8_is_not_kept(capsys, tmp_path):
    keep = ["vlm", "cache", "--teacher", "offline", "--out", str(tmp_path / "g")]
    assert main([*keep, "--texts", "walk \udcff door"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "metaworldx: error: the task's text is not UTF-8\n")
    assert not (tmp_path / "g").exists()


def test_a_kept_answer_cannot_command_the_terminal(capsys, tmp_path):
    stage = {"text": "\x1b[31mgo\ud800 \x07\u202ethere", "experts": {"walk": 1}}
    answer = {"format": "metaworldx-guidance-1", "teacher": "\x1b]0;me\udcff", "stages": [stage]}
    path = tmp_path / "h1-walk-v0.json"
    asked = ["vlm", "ask", "--task", "h1-walk", "--teacher", "cached", "--cache", str(tmp_path)]
    path.write_text(json.dumps({**answer, "relevance": {"walk": 9, "\x1b[2Jfly": 1}}))
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["teacher"] == "cached (]0;me)" and found["stages"][0]["text"] == "[31mgo there"
    assert found["notes"] == ["left out unknown experts: [2Jfly"]
    path.write_text(json.dumps({**answer, "relevance": {"\x1b[2Jwalk": -1}}))
    assert main(asked) == 2
    err = capsys.readouterr().err
    assert "relevance of [2Jwalk is" in err and "\x1b" not in err and err.count("\n") == 1


def test_what_gemini_cannot_answer_is_not_kept_from_another(capsys, tmp_path):
    keep = ["vlm", "cache", "--out", str(tmp_path / "g"), "--tasks", "h1-door"]
    assert main(keep) == 2
    assert "GEMINI_API_KEY" in capsys.readouterr().err
    assert not list((tmp_path / "g").glob("*.json"))
    assert main([*keep, "--teacher", "cached"]) == 2


# ---- with a key, of a server on this machine

KEY = "AIza-not-a-key-0123456789"
ANSWER = {"relevance": {"reach": 9, "walk": 7}, "confidence": 0.8}


@pytest.fixture
def _key(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "*")


def test_gemini_is_shown_the_task_s_start(monkeypatch, _key):
    # By a process of its own: MuJoCo reads MUJOCO_GL when it is imported.
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    command = "import sys; from metaworldx.cli import main; sys.exit(main(sys.argv[1:]))"
    asked = ["vlm", "ask", "--task", "h1-door", "--json"]
    with serve.gemini(serve.answer(**ANSWER)) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        ran = subprocess.run([sys.executable, "-c", command, *asked], capture_output=True)
    assert ran.returncode == 0, ran.stderr
    if b"MUJOCO_GL=egl (now egl)" in ran.stderr:
        pytest.skip("no off-screen OpenGL")
    # What else is there may come of XLA, which reads a compile cache aloud.
    assert json.loads(ran.stdout)["teacher"].startswith("gemini")
    assert b"metaworldx" not in ran.stderr and b"picture" not in ran.stderr
    [(kind, picture)] = server.seen[0].pictures
    assert kind == "image/png" and picture.startswith(b"\x89PNG")


def test_without_opengl_gemini_is_asked_without_a_picture(monkeypatch, capsys, caplog, _key):
    def no_opengl(*args):
        raise RuntimeError("no display\nto draw on")

    monkeypatch.setattr("metaworldx.rendering.renderer.Renderer", no_opengl)
    with serve.gemini(serve.answer(**ANSWER)) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        assert main(["vlm", "ask", "--task", "h1-reach", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["teacher"].startswith("gemini")
    assert len(server.seen) == 1 and server.seen[0].pictures == []
    told = [each.getMessage() for each in caplog.records if each.name == "metaworldx.vlm"]
    assert told == ["no picture for the teacher: no display to draw on; asking without one"]
