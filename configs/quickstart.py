"""A first run: ActionFormer, small, on made-up recordings of five actions.

  jaxvid train --config=quickstart --workdir=runs/quickstart

`make quickstart` in a clone installs jaxvid and runs this: about two minutes on two CPU cores. Variant: `smoke`.
"""

from jaxvid.configs import common


def get_config(arg=""):
  v = common.variant(arg, smoke=False)
  c = common.localization()
  c.task.update(num_classes=5, regression_ranges=((0, 4), (4, 8), (8, 16), (16, 32), (32, 10000)))
  c.task.detection.max_detections = 100
  c.model.backbone = dict(type="local_transformer", width=64, num_heads=4, window=9, depths=(2, 1, 4))
  c.model.head.width = 64
  c.data.update(dataset="made_up", max_len=384, buckets=(192, 288, 384), batch_size=4)
  c.data.made_up = dict(num_train=64, num_test=16, dim=32, num_classes=5, min_steps=150, max_steps=384)
  c.optim.update(lr=1e-3, ema=0.99)
  c.optim.schedule.warmup_epochs = 2
  c.train.epochs = 20
  return common.smoke(c) if v.smoke else c
