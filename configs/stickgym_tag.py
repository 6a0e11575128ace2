"""TAG-Head on stickgym: twelve classes of a made-up gymnast that no single frame tells apart; for a CPU.

  jaxvid build stickgym --data_dir=data
  jaxvid train --config=stickgym_tag --workdir=runs/stickgym_tag

A small R(2+1)D, trained from scratch on 16 frames of 48 x 48. On two shared CPU cores 3.5 minutes to draw, 16 to train
and score; top-1 97.0 (another seed 96.0); single frames reach 26.8 (docs/results.md).

Variants: `pool`, without TAG-Head; `frame`, a baseline on single frames, tested by the mean of its predictions of 16;
`flow`, the same network on optical flow, computed when clips are read (pip install 'jaxvid[flow]'); `smoke`.
"""

from jaxvid.configs import common, recognition_common


def get_config(arg=""):
  v = common.variant(arg, pool=False, frame=False, flow=False, smoke=False)
  c = common.recognition()
  c.task.update(num_classes=12, label_smoothing=0.05)
  c.model.backbone = dict(type="r2plus1d", width=24, depths=(0, 1, 1), mid_planes="each", norm_epsilon=1e-3)
  tag = dict(type="tag", num_heads=4, mlp_width=128, dropout=0.1)
  c.model.head = dict(type="pool") if v.pool or v.frame else tag
  c.data.update(dataset="stickgym", batch_size=16, clip_len=16, jitter=True, short_side=54, crop=48, cache_decoded=True)
  c.data.flip = False  # Forward would turn into backward for all that can be seen without depth.
  c.optim.update(type="adamw", lr=2e-3, weight_decay=0.02, ema=0.999)
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 5
  c.eval.update(split="test", batch_size=16)
  if v.frame:
    c.data.update(clip_len=1, num_clips=16)
    c.train.epochs = 20
  if v.flow:
    c.model.normalization = "symmetric"
    c.data.flow = "dis"
  return recognition_common.smoke(c) if v.smoke else c
