"""Action-Guided Attention on made-up kitchen routines, whose next action depends on the one before the last; for a CPU.

  jaxvid train --config=routines_aga --workdir=runs/routines

45 seconds on one CPU core; top-1 84.97 (mean of three seeds); the grammar's upper bound is 84.9 (docs/results.md).

Variants: last_feature, lstm, transformer (baselines); no_gate, no_ema, features, no_history (ablations); smoke.
"""

from jaxvid.configs import anticipation_common, common


def get_config(arg=""):
  v = common.variant(arg, smoke=False, **dict.fromkeys(anticipation_common.MODELS, False))
  c = common.anticipation()
  c.task.num_classes = 12
  c.model.anticipator = anticipation_common.anticipator(v, width=64, window=8, num_heads=4)
  c.data.update(dataset="made_up", tau_o=12.0, batch_size=64, targets="next")
  c.data.made_up = dict(num_train=300, num_test=100)
  c.optim.update(lr=2e-3, weight_decay=0.01, ema=0.99)
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 15
  c.eval.best_by = "top1"
  return anticipation_common.smoke(c) if v.smoke else c
