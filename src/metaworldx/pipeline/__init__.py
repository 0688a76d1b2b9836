"""Pipeline of MetaWorld-X from one config: guidance, router, guided agent, evaluation, report."""

from metaworldx.pipeline.config import PRESETS, PipelineConfig, preset
from metaworldx.pipeline.stages import run

__all__ = ["PRESETS", "PipelineConfig", "preset", "run"]
