"""The notebooks run from top to bottom at their small size, and are kept without outputs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import metaworldx

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "notebooks"
# Figures that each makes.
FIGURES = {
    "01_environments_at_scale": 5,
    "02_train_an_expert": 5,
    "03_compose_and_visualise": 7,
    "04_benchmark_throughput": 4,
}
# Two minutes or more of compiling: a whole training loop, and every function that is timed.
SLOW = ("02_train_an_expert", "04_benchmark_throughput")
WITHOUT_PICTURES = ("04_benchmark_throughput",)
LIMIT_S = 900.0


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def test_every_notebook_is_looked_at():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_is_kept_without_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.metadata, cell.id
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None, cell.id


@pytest.fixture(scope="module")
def off_screen():
    """MUJOCO_GL with which a process of its own can draw; None where there is no OpenGL."""
    backend = os.environ.get("MUJOCO_GL", "egl")
    code = "import mujoco; mujoco.GLContext(8, 8).make_current()"
    environment = os.environ | {"MUJOCO_GL": backend}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    return None if found.returncode else backend


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in FIGURES]
)
def test_runs_at_its_small_size(name, off_screen, tmp_path, monkeypatch):
    if off_screen is None and name not in WITHOUT_PICTURES:
        pytest.skip("no off-screen OpenGL")
    monkeypatch.setenv("METAWORLDX_NOTEBOOK_SIZE", "small")
    monkeypatch.setenv("MUJOCO_GL", off_screen or "disable")
    # The kernel works in another folder, and a path may be relative.
    source = Path(metaworldx.__file__).resolve().parents[1]
    monkeypatch.setenv("PYTHONPATH", str(source), prepend=os.pathsep)
    # Settings and kernels of whoever runs the tests stay out of it.
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    work = tmp_path / "work"
    work.mkdir()
    notebook = read(name)
    client = NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(work)}}
    )
    # Raises for a cell that does.
    asyncio.run(asyncio.wait_for(client.async_execute(), LIMIT_S))
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    assert not [out for out in outputs if out.output_type == "error"]
    assert sum("image/png" in out.get("data", {}) for out in outputs) >= FIGURES[name]
