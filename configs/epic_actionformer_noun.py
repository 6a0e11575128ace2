"""ActionFormer on the nouns of EPIC-Kitchens-100, SlowFast features (2,304 values, 32 frames, stride 16).

  jaxvid build epic100/noun --source=SLOWFAST_FOLDER --annotations=EPIC_CSV_FOLDER
  jaxvid train --config=epic_actionformer_noun --workdir=runs/epic_actionformer_noun

Settings of the public code's epic_slowfast_noun.yaml: 30,075,188 parameters. Published score: average mAP 21.88 (25.21
24.11 22.66 20.47 16.97 at tIoU 0.1 to 0.5). Score: not measured (features not available). Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, epic_common


def get_config(arg=""):
  c = epic_common.actionformer()
  epic_common.nouns(c)
  return common.finish(c, arg, pad_multiple=256)
