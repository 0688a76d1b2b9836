"""The page of a run of the whole pipeline, the table over several, and what is refused."""

from __future__ import annotations

import copy
import json
import math
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from helpers.pipeline_report import made_up, make_pictures
from helpers.shared import shared_root
from metaworldx import cli
from metaworldx.core.errors import UserError
from metaworldx.report import media
from metaworldx.report.pipeline_page import page
from metaworldx.report.published_baselines import (
    HUMANOIDBENCH,
    OWN_CARRY,
    SEEDS,
    TRACKING,
    published,
)

VOID = {"meta", "link", "img", "br", "hr", "input"}
IDS = {"in-short", "ran", "task-1", "router", "curves", "live", "experts", "notes", "again"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Checker(HTMLParser):
    """Elements, text and mistakes of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.told: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.told.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.told)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def check(text: str) -> Checker:
    """Reads a page and checks what holds for every one."""
    found = Checker(text)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not found.all("script") and not found.all("iframe")
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes), tag
        source, link = attributes.get("src"), attributes.get("href")
        assert source is None or source.startswith("data:")
        assert link is None or ":" not in link or link == "data:,"
        if link and link.startswith("#"):
            assert link[1:] in ids
        if tag == "img":
            assert attributes["alt"]
        if tag in ("svg", "video"):
            assert attributes.get("aria-label") or attributes.get("aria-hidden")
        if tag == "th":
            assert attributes["scope"]
    assert len(found.all("table")) == len(found.all("caption")) == len(found.all("thead"))
    assert "://" not in text.replace("data:image", "")
    for word in ("nan", "None", "inf", "Html("):
        assert word not in found.text.replace("In short", "").split()
    return found


def ids_of(found: Checker) -> set[str | None]:
    return {attributes.get("id") for attributes in found.all("section") if "id" in attributes}


@pytest.fixture
def folder(tmp_path):
    """A run's folder with pictures and report.json."""
    make_pictures(tmp_path / "run")
    (tmp_path / "run" / "report.json").write_text(json.dumps(made_up()))
    return tmp_path / "run"


# ---- the page


def test_page_holds_every_section(folder):
    found = check(page(made_up(), folder))
    assert ids_of(found) == IDS
    for told in (
        *("303.4 ± 7.2", "pose hold", "guided agent", "8 min 32 s", "hatch turned", "9,120"),
        *("+54.1, 95% interval +38.0 to +70.2, 20 pairs", "Reach the hatch and turn it."),
        *("first quarter 180.2 ± 11.0", "the best 10 kept"),
        *("470.0 ± 2.2", "MetaWorld-X, Table IV", "303.95", "from scratch", "TEST DATA"),
        "metaworldx run --preset quickstart --seed 0",
    ):
        assert told in found.text, told
    assert len(found.all("img")) == 6 and len(found.all("video")) == 1
    shown = {attributes.get("aria-label") for attributes in found.all("svg")}
    assert "weights of the experts over an episode of h1-door" in shown
    assert "the router's losses over its updates" in shown


def test_page_escapes_every_text(folder):
    evil = """<script>alert(1)</script><img src=x onerror=y>"'&</svg>\ud800"""

    def spoiled(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: spoiled(value) for key, value in data.items()}
        if isinstance(data, list):
            return [spoiled(value) for value in data]
        return data + evil if isinstance(data, str) else data

    data = spoiled(made_up())
    task = data["tasks"][0]
    for row, plain in zip(task["rows"], made_up()["tasks"][0]["rows"], strict=True):
        row["kind"] = plain["kind"]
    for part, name in (
        *((task["guidance"], "relevance"), (task["film"], "weights")),
        *((row, part) for row in task["rows"] for part in ("milestones", "mean_weights")),
        *((data["run"], part) for part in ("machine", "versions")),
    ):
        part[name] = part[name] and {key + evil: value for key, value in part[name].items()}
    text = page(data, folder)
    found = check(text)
    assert ids_of(found) == IDS
    assert "<script" not in text and "onerror=y&gt;" in text
    assert "alert(1)" in found.text
    text.encode()


@pytest.mark.parametrize("key", sorted({*made_up()} - {"run"}))
def test_missing_part_is_left_out(folder, key):
    data = made_up()
    del data[key]
    ids = {"tasks": {"in-short", "task-1"}, "teacher": set(), "pool": set()}
    assert ids_of(check(page(data, folder))) == IDS - ids.get(key, {key})


@pytest.mark.parametrize("key", sorted({*made_up()["tasks"][0]} - {"task"}))
def test_missing_part_of_a_task_is_left_out(folder, key):
    data = made_up()
    whole = check(page(data, folder)).text
    del data["tasks"][0][key]
    text = check(page(data, folder)).text
    assert len(text) < len(whole)
    data["tasks"][0][key] = None
    assert check(page(data, folder)).text == text


@pytest.mark.parametrize("rows", [[], [{"who": "router"}], [{"who": "router", "kind": "new"}]])
def test_little_is_enough(tmp_path, rows):
    data = {"run": {}, "tasks": [{"task": "h1-walk", "rows": rows, "film": {}, "guidance": {}}]}
    found = check(page(data, tmp_path))
    assert "metaworldx run" in found.text and not found.all("svg")
    assert ids_of(check(page({"run": {}}, tmp_path))) == set()


def test_numbers_that_are_none_are_gaps(folder):
    data = made_up()
    data["live"]["returns"][3:6] = [math.nan, None, math.inf]
    data["tasks"][0]["rows"][0]["return_mean"] = None
    data["tasks"][0]["film"]["weights"]["walk"][7] = None
    data["curves"][0]["series"][0]["stderr"][4] = math.nan
    data["tasks"][0]["paired"][0].update(low=None, high=None)
    text = page(json.loads(json.dumps(data)), folder)
    whole, found = check(page(made_up(), folder)), check(text)
    # One line and one band more, in two pieces each.
    assert len(found.all("polyline")) == len(whole.all("polyline")) + 1
    assert len(found.all("polygon")) == len(whole.all("polygon")) + 1
    assert not any("nan" in str(a["points"]) for a in found.all("polyline"))


@pytest.mark.parametrize("values", [[0.0] * 9, [5e-324] * 4, [-3.0], [1e99, -1e99], [1e300, 2.0]])
def test_any_numbers_are_drawn(tmp_path, values):
    steps = list(range(len(values)))
    data = {
        "run": {},
        "live": {"title": "live", "steps": steps, "returns": values},
        "tasks": [{"task": "h1-walk", "demonstrations": {"all_returns": values}}],
    }
    assert len(check(page(data, tmp_path)).all("svg")) == 2


def test_more_experts_than_colours(tmp_path):
    names = [f"skill {i}" for i in range(12)]
    film = {"seconds": [0.0, 1.0], "weights": {name: [1 / 12, 1 / 12] for name in names}}
    found = check(page({"run": {}, "tasks": [{"task": "h1-door", "film": film}]}, tmp_path))
    assert all(name in found.text for name in names)


# ---- pictures and videos


def test_large_files_are_linked(folder, monkeypatch):
    monkeypatch.setattr(media, "LARGEST", 10)
    found = check(page(made_up(), folder))
    assert not found.all("video") and not found.all("img")
    links = [a["href"] for a in found.all("a") if not str(a["href"]).startswith("#")]
    assert links[0] == "films/h1-door.mp4" and len(links) == 7
    found = check(page(made_up(), folder, folder.parent))
    assert "run/films/h1-door.mp4" in [a["href"] for a in found.all("a")]


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "/etc/hosts", "films", "films/none.png", "a\0.png", "link.png", "x.txt"],
)
def test_only_pictures_of_the_run_are_taken(folder, name):
    (folder.parent / "secret.png").write_bytes(b"secret")
    (folder / "x.txt").write_text("text")
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    data = made_up()
    data["tasks"][0]["film"].update(video=name, stills=[name], still_seconds=[1.0])
    found = check(page(data, folder))
    assert not found.all("img") and not found.all("video")


# ---- published figures


def test_kinds_of_return_are_apart():
    for task in ("stand", "walk", "run", "sit_simple"):
        for figure in published(f"h1-{task}-v0"):
            if figure.kind == HUMANOIDBENCH:
                assert figure.mean is not None and figure.mean <= 1000.0
    own = {task: published(f"h1-{task}")[4] for task in ("walk", "run", "carry")}
    assert {figure.kind for figure in own.values()} == {TRACKING}
    assert {one.kind for one in published("h1-carry")} == {TRACKING, OWN_CARRY}
    assert {one.robot for one in published("h1-door") if one.who == "FastTD3"} == {"h1hand"}
    assert published("h1-kitchen") == published("nothing") == ()


def test_published_figures_are_the_papers():
    root = shared_root()
    path = root / "figures" / "peers.json" if root else None
    if path is None or not path.is_file():
        pytest.skip("the papers' figures are not on this machine")
    peers = json.loads(path.read_text())
    names = {"ppo": "PPO", "sac": "SAC", "tdmpc2": "TD-MPC2", "dreamerv3": "DreamerV3"}
    names |= {"metaworld_x": "MetaWorld-X", "metaworld": "MetaWorld"}
    tables = (
        *(("metaworld_x_table_1", "Tables I and II"), ("metaworld_x_table_4", "Table IV")),
        ("metaworld_table_1", "Table 1"),
    )
    for key, source in tables:
        tasks = {
            k: v for k, v in peers[key].items() if k not in ("columns", "ablation_drop_percent")
        }
        for task, methods in tasks.items():
            known = published(f"h1-{'sit_simple' if task == 'sit' else task}")
            for method, figures in methods.items():
                if method == "reference_switches_million":
                    continue
                wanted = [f for f in known if f.source.endswith(source) and f.who == names[method]]
                (one,) = wanted
                assert [one.mean, one.spread, one.steps_million][: len(figures)] == figures
                assert (one.spread_is == SEEDS) == (key != "metaworld_table_1")
                if key == "metaworld_x_table_1":
                    count = peers["metaworld_x_table_2_success_of_10"][task][method]
                    assert one.success == f"{count}/10"
    ablation = [one for one in published("h1-door") if "Table III" in one.source]
    wanted = [peers["metaworld_x_table_3_door_ablation"][key] for key in _TABLE_3]
    assert [one.success == "yes" for one in ablation] == [success for success, _, _ in wanted]
    assert [one.mean for one in ablation] == [mean for _, _, mean in wanted]
    steps = [None if s is None else pytest.approx(s / 100) for _, s, _ in wanted]
    assert [one.steps_million for one in ablation] == steps
    for task, figures in peers["fasttd3_h1hand"].items():
        if task not in ("source", "columns"):
            (one,) = (f for f in published(f"h1hand-{task}") if f.who == "FastTD3")
            assert [one.mean, one.steps_million] == figures[:2]


_TABLE_3 = ("tdmpc2", "without_router", "without_vlm", "without_imitation", "full")


# ---- the command


def command(capsys, *args: object) -> tuple[int, str, str]:
    status = cli.main(["report", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    return status, out, err


def test_command_writes_the_page(folder, capsys):
    status, out, err = command(capsys, folder)
    assert (status, err) == (0, "") and "303.4 ± 7.2" in out
    assert ids_of(check((folder / "report.html").read_text())) == IDS
    status, out, _ = command(capsys, folder, "--json", "--out", folder.parent / "there")
    rows = json.loads(out)
    assert status == 0 and len(rows) == 8 and rows[5]["who"] == "router"
    assert (folder.parent / "there" / "report.html").is_file()


def test_table_over_several_runs(folder, capsys, tmp_path):
    other = made_up("h1-push")
    other["teacher"] = "gemini [x]"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.json").write_text(json.dumps(other))
    out_file = tmp_path / "table.html"
    status, out, _ = command(capsys, folder, tmp_path / "other", "--out", out_file)
    assert status == 0 and "h1-push" in out and "h1-door" in out and "gemini [x]" in out
    found = check(out_file.read_text())
    assert len(found.all("table")) == 1 and len(found.all("tr")) == 17
    assert "gemini [x]" in found.text and str(folder) in found.text
    status, out, _ = command(capsys, folder, tmp_path / "other", "--json")
    rows = json.loads(out)
    assert [row["run"] for row in rows[::8]] == [str(folder), str(tmp_path / "other")]
    names = ("task", "who", "return_mean", "length_mean", "success_share", "teacher", "pool")
    assert all(name in rows[0] for name in names)
    assert not (folder / "report.html").exists()


def test_every_row_and_the_page_name_the_teacher_and_where_its_answers_come_from(tmp_path, capsys):
    data = made_up()
    who, origin = "cached (a general vision-language model, shipped)", "kept from <somebody>"
    for part in (data, data["tasks"][0]["guidance"]):
        part.update(teacher=who, teacher_origin=origin)
    (tmp_path / "report.json").write_text(json.dumps(data))
    status, out, _ = command(capsys, tmp_path, "--json")
    rows = json.loads(out)
    assert status == 0 and len(rows) == 8
    assert {(row["teacher"], row["teacher_origin"]) for row in rows} == {(who, origin)}
    text = check((tmp_path / "report.html").read_text()).text
    assert text.count(who) == 2 and text.count(origin) == 2 and "gemini" not in text.lower()


def _with(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    data = copy.deepcopy(made_up())
    part: Any = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "the whole is []; needs an object"),
        ("{}", "run is missing"),
        (json.dumps(_with(("run",), 3)), "run is 3; needs an object"),
        (json.dumps(_with(("run", "seed"), 0.5)), "run.seed is 0.5; needs an integer"),
        (json.dumps(_with(("tasks",), {})), "tasks is {}; needs a list"),
        (
            json.dumps(_with(("tasks", 0, "rows", 2, "return_mean"), "x" * 99)),
            "tasks[0].rows[2].return_mean is 'xxx",
        ),
        (json.dumps(_with(("tasks", 0, "rows", 1), {})), "tasks[0].rows[1].who is missing"),
        (
            json.dumps(_with(("tasks", 0, "film", "weights", "walk"), [1.0])),
            "tasks[0].film: weights.walk has 1 entries, seconds 500",
        ),
        (json.dumps(_with(("live", "returns"), [1, 2])), "live: returns has 2 entries, steps 41"),
        (json.dumps(_with(("live", "first_quarter"), [1])), "first_quarter has 1 numbers"),
        (json.dumps(_with(("tasks", 0, "film", "stills"), [])), "still_seconds has 6 entries"),
        (json.dumps(_with(("notes",), ["a", True])), "notes[1] is True; needs a text"),
    ],
)
def test_bad_report_is_told_in_one_line(folder, capsys, text, why):
    (folder / "report.json").write_text(text)
    status, out, err = command(capsys, folder)
    assert (status, out) == (2, "") and not (folder / "report.html").exists()
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err
    assert len(err) < 400


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "no run given"),
        (("RUN", "EMPTY"), "no report.json in"),
        (("RUN", "--out", "FILE"), "it is a file"),
        (("RUN", "RUN", "--out", "EMPTY"), "it is a folder"),
    ],
)
def test_bad_arguments_are_told_in_one_line(folder, tmp_path, capsys, args, why):
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "FILE").write_text("here")
    places = {"RUN": folder, "EMPTY": tmp_path / "EMPTY", "FILE": tmp_path / "FILE"}
    status, out, err = command(capsys, *(places.get(arg, arg) for arg in args))
    assert (status, out) == (2, "")
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err


def test_shape_errors_without_a_place():
    with pytest.raises(UserError, match="the whole is None"):
        page(None, Path())  # pyright: ignore


# ---- a browser


_HARNESS = """<!doctype html><iframe id="frame" style="width:{width}px;height:900px;border:0"
src="run/report.html"></iframe><pre id="found"></pre><script>
frame.onload = () => {{ const page = frame.contentDocument.documentElement;
  found.textContent = "scroll " + (page.scrollWidth - page.clientWidth); }}
</script>"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_browser_shows_it_without_errors(folder, width):
    if CHROMIUM is None:
        pytest.skip("no chromium here; on Debian: apt-get install chromium")
    # The video's few bytes are no film; a player would complain rightly.
    (folder / "films" / "h1-door.mp4").unlink()
    (folder / "report.html").write_text(page(made_up(), folder))
    harness = folder.parent / "harness.html"
    harness.write_text(_HARNESS.format(width=width))
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files")
    profile = f"--user-data-dir={folder.parent / 'profile'}"
    told = ("--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom")
    done = subprocess.run(
        [CHROMIUM, *options, profile, "--window-size=1400,1000", *told, harness.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert '<pre id="found">scroll 0</pre>' in done.stdout
    assert "CONSOLE" not in done.stderr
