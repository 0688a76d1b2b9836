#!/bin/sh
# Makes this folder's files with the metaworldx on the PATH; README.md says with which one.
set -eu
cd "$(dirname "$0")"
rm -rf agent expert guided pool router feedback.json walk runs.tar.xz
SMALL="--backend native --num-envs 4 --steps 60 --set shards=2 --set epoch_rounds=5 --set batch=4
  --set agent.encoder_size=8 --set agent.latent_size=8 --set agent.hidden_size=8
  --set agent.num_q=2 --set agent.num_bins=5 --set seed_steps=20 --set utd=0.25
  --set capacity=64 --set checkpoint_every=60 --set checkpoint_keep=1"
metaworldx train agent --task h1-stand $SMALL --set horizon=2 --set eval_episodes=1 --out agent
metaworldx train expert --skill stand $SMALL --set eval_episodes=0 --set 'skill.clips=["stand_quiet"]' \
  --set skill.w_task=0.4 --set skill.authority=0.5 --set imitation.kappa=1.5 --out expert
metaworldx train expert --skill walk $SMALL --set eval_episodes=0 --set 'skill.clips=["walk_1.00"]' \
  --set skill.evaluated=0 --out walk
metaworldx pool add expert --pool pool --checkpoint latest
metaworldx pool add walk --pool pool --checkpoint latest
metaworldx train router --tasks h1-door --teacher offline --pool pool --rollouts 8 --starts 2 \
  --keep 1 --steps 20 --out router
metaworldx train agent --task h1-door $SMALL --set eval_episodes=0 --set checkpoint_replay=false \
  --router router --set guide.pool=pool --set 'guide.schedule=["stand"]' --set 'guide.until=[40]' \
  --out guided
metaworldx train feedback --skill stand --minutes 0.01 --candidates 4 --steps 20 --out feedback.json
tar --sort=name --owner=0 --group=0 --numeric-owner -cJf runs.tar.xz agent expert guided
rm -rf walk agent expert guided
python ../../test_kept_files.py > figures.json
