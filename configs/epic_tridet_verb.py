"""TriDet on the verbs of EPIC-Kitchens-100, SlowFast features (2,304 values, 32 frames, stride 16).

  jaxvid build epic100/verb --source=SLOWFAST_FOLDER --annotations=EPIC_CSV_FOLDER
  jaxvid train --config=epic_tridet_verb --workdir=runs/epic_tridet_verb

Settings of TriDet's epic_slowfast_verb.yaml: 18,594,123 parameters. Published score: average mAP 25.51 (28.72 at tIoU
0.1, 20.83 at 0.5). Score: not measured (features not available). Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, epic_common


def get_config(arg=""):
  c = epic_common.tridet()
  epic_common.verbs(c)
  c.model.backbone.update(window=5, k=2.0)
  c.optim.schedule.update(warmup_epochs=5, final_lr=5e-5)
  c.train.epochs = 27
  return common.finish(c, arg, pad_multiple=160)
