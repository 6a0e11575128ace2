"""Action-Guided Attention on EGTEA Gaze+ with RULSTM's TSN features, half a second ahead; `:split=N`, N from 1 to 3.

  jaxvid build egtea/split1 --source=CSV_FOLDER --lmdb=rgb_lmdb --data_dir=data
  jaxvid train --config=egtea_aga:split=1 --workdir=runs/egtea1

Published scores are means over the three splits:

  jaxvid evaluate --average=runs/egtea1,runs/egtea2,runs/egtea3

Score: not measured (features not available).

Variants: heads (separate heads for verbs and nouns, instead of sums over their actions); last_feature, lstm,
transformer (baselines); no_gate, no_ema, features, no_history (ablations); smoke.
"""

from jaxvid.configs import anticipation_common, common


def get_config(arg=""):
  v = common.variant(arg, split=1, heads=False, smoke=False, **dict.fromkeys(anticipation_common.MODELS, False))
  if v.split not in (1, 2, 3):
    raise ValueError(f"split={v.split}: EGTEA Gaze+ has the splits 1 to 3")
  c = anticipation_common.published(v, dataset=f"egtea/split{v.split}", num_classes=106, parts=(19, 51), tau_a=0.5)
  c.eval.best_by = "top1"
  return anticipation_common.smoke(c) if v.smoke else c
