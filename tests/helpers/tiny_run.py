"""Settings of the smallest run that trains, checkpoints and can be resumed."""

from metaworldx.agents.tdmpc2 import AgentSettings
from metaworldx.training import TrainConfig

TINY = TrainConfig(
    num_envs=4,
    shards=2,
    steps=160,
    epoch_rounds=10,
    seed_steps=40,
    capacity=128,
    batch=4,
    utd=0.25,
    horizon=2,
    agent=AgentSettings(latent_size=8, encoder_size=8, hidden_size=8, num_q=2),
    end_head_below_m=1.5,
    eval_every=0,
    eval_episodes=0,
    checkpoint_every=40,
)
