"""TriDet on the nouns of EPIC-Kitchens-100, SlowFast features (2,304 values, 32 frames, stride 16).

  jaxvid build epic100/noun --source=SLOWFAST_FOLDER --annotations=EPIC_CSV_FOLDER
  jaxvid train --config=epic_tridet_noun --workdir=runs/epic_tridet_noun

Settings of TriDet's epic_slowfast_noun.yaml: 19,503,532 parameters. Published score: average mAP 23.76 (27.38 at tIoU
0.1, 18.28 at 0.5). Score: not measured (features not available). Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, epic_common


def get_config(arg=""):
  c = epic_common.tridet()
  epic_common.nouns(c)
  c.model.backbone.update(window=1, k=4.0)
  c.optim.schedule.update(warmup_epochs=5, final_lr=1e-8)
  c.train.epochs = 19
  return common.finish(c, arg, pad_multiple=32)
