"""Action-Guided Attention on EPIC-Kitchens-55 with RULSTM's TSN features, one second ahead.

  jaxvid build epic55 --source=CSV_FOLDER --lmdb=rgb_lmdb --data_dir=data
  jaxvid train --config=epic55_aga --workdir=runs/epic55_aga

Scored by top-1, top-5 and recall over many-shot classes. Score: not measured (features not available).

Variants: heads (separate heads for verbs and nouns, instead of sums over their actions); last_feature, lstm,
transformer (baselines); no_gate, no_ema, features, no_history (ablations); smoke.
"""

from jaxvid.configs import anticipation_common, common


def get_config(arg=""):
  v = common.variant(arg, heads=False, smoke=False, **dict.fromkeys(anticipation_common.MODELS, False))
  c = anticipation_common.published(v, dataset="epic55", num_classes=2513, parts=(125, 352), tau_a=1.0)
  c.eval.best_by = "top1"
  return anticipation_common.smoke(c) if v.smoke else c
