"""`metaworldx train balance`: gains of the balance controller under a skill's expert."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro


def main(
    skill: str,
    out: Path = Path("balance_gains.json"),
    minutes: float = 10.0,
    clips: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    candidates: int = 32,
    steps: int = 300,
    width: float = 0.12,
    seed: int = 0,
) -> int:
    """Search gains of the balance controller under a skill's expert, in native MuJoCo.

    It begins with the gains in --out, or else with the skill's own, and writes the result there,
    beside those of other skills. Skills use `assets/balance_gains.json`.

    Args:
      skill: stand, walk, run, sit, carry, reach, crawl or stair.
      out: JSON file with the gains of every skill.
      minutes: time limit of the search.
      clips: names of the clips to follow; default those of the skill; may be repeated.
      candidates: sets of gains per iteration.
      steps: control steps of an episode.
      width: initial standard deviation of the gains.
      seed: of resets and candidates.
    """
    import dataclasses

    from tqdm import tqdm

    from metaworldx.core.errors import check_seed
    from metaworldx.core.files import check_writable, write_text
    from metaworldx.envs.factory import make
    from metaworldx.experts.balance_search import (
        BalanceSearchConfig,
        BalanceSearchResult,
        search_balance_gains,
    )
    from metaworldx.experts.motion_library import build_motion_library
    from metaworldx.experts.skills import clips_of, read_balance_gains, skill_named

    check_seed(seed)
    check_writable(out)
    known = read_balance_gains(out) if out.exists() else {}
    chosen = skill_named(skill)
    if skill in known:
        chosen = dataclasses.replace(chosen, feedback=tuple(known[skill]))
    if clips:
        chosen = dataclasses.replace(chosen, clips=clips, evaluated=0, then=None)
    env = make(chosen.task, "native")
    library = build_motion_library(env.task.robot.spec.model, clips_of(chosen), chosen.then)
    search = BalanceSearchConfig(candidates=candidates, steps=steps, width=width, seed=seed)

    def tell(found: BalanceSearchResult) -> None:
        tqdm.write(
            f"round {found.rounds}, {found.seconds / 60:.1f} min: fitness {found.fitness:.1f}, "
            f"length {found.length:.0f} of {steps}"
        )
        known[skill] = [round(x, 4) for x in found.gains]
        write_text(out, json.dumps(known, indent=1) + "\n")

    found = search_balance_gains(env, library, chosen, search, minutes, tell)
    known[skill] = [round(x, 4) for x in found.gains]
    write_text(out, json.dumps(known, indent=1) + "\n")
    print(f"{skill}: {found.rounds} rounds in {found.seconds / 60:.1f} min; wrote {out}")
    return 0
