"""Action-Guided Attention on EPIC-Kitchens-100 with RULSTM's TSN features, one second ahead.

  jaxvid build epic100_anticipation --source=CSV_FOLDER --lmdb=rgb_lmdb --data_dir=data
  jaxvid train --config=epic100_aga --workdir=runs/epic100_aga

Score: not measured (features not available). The paper has no number on the validation set to compare with; AVT's TSN
model has an action recall@5 of 13.6 (docs/anticipation.md).

Variants: heads (separate heads for verbs and nouns, instead of sums over their actions), submission (also writes the
challenge's file); last_feature, lstm, transformer (baselines); no_gate, no_ema, features, no_history (ablations);
smoke.
"""

from jaxvid.configs import anticipation_common, common


def get_config(arg=""):
  v = common.variant(
    arg, heads=False, submission=False, smoke=False, **dict.fromkeys(anticipation_common.MODELS, False)
  )
  c = anticipation_common.published(v, dataset="epic100_anticipation", num_classes=3806, parts=(97, 300), tau_a=1.0)
  c.eval.submission = v.submission
  return anticipation_common.smoke(c) if v.smoke else c
