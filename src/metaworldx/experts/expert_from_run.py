"""Restoring a trained expert from its run's folder."""

from __future__ import annotations

from pathlib import Path

from metaworldx.core.config import to_data
from metaworldx.experts.expert import Expert, acting_part, acting_sizes
from metaworldx.experts.skills import clips_of
from metaworldx.experts.train import ExpertConfig
from metaworldx.training.run_dir import read_machine, read_metrics
from metaworldx.training.trained_agent import load_agent


def expert_from_run(run: Path, checkpoint: str = "best") -> Expert:
    """The expert that a run of `train expert` trained, with its record.

    Raises:
      UserError: as `load_agent`; a run that trained no skill.
    """
    trained = load_agent(run, checkpoint)
    config = ExpertConfig.read(run)
    skill = config.skill
    rows = [row for row in read_metrics(run) if row["epoch"] <= trained.epoch]
    evaluation = next((row["eval/policy"] for row in rows[::-1] if "eval/policy" in row), {})
    last = rows[-1] if rows else {}
    begun = config.train.init_from
    train = to_data(config.train) | {"init_from": begun and Path(begun).name}
    record = {
        # Where on the machine another run lay says nothing to others.
        "config": to_data(config) | {"train": train},
        "machine": read_machine(run),
        "checkpoint": checkpoint,
        "env_steps": last.get("env_steps", 0),
        "updates": last.get("updates", 0),
        "minutes": last.get("seconds", 0.0) / 60.0,
        "return_mean": evaluation.get("return_mean"),
        "length_mean": evaluation.get("length_mean"),
    }
    return Expert(
        skill=skill,
        sizes=acting_sizes(trained.agent_config),
        params=acting_part(trained.params),
        clips=tuple(clips_of(skill)),
        record=record,
    )
