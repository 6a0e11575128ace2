"""ActionFormer on the verbs of EPIC-Kitchens-100, SlowFast features (2,304 values, 32 frames, stride 16).

  jaxvid build epic100/verb --source=SLOWFAST_FOLDER --annotations=EPIC_CSV_FOLDER
  jaxvid train --config=epic_actionformer_verb --workdir=runs/epic_actionformer_verb

Settings of the public code's epic_slowfast_verb.yaml: 29,763,177 parameters. Published score: average mAP 23.51 (26.58
25.42 24.15 22.29 19.09 at tIoU 0.1 to 0.5). Score: not measured (features not available). Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, epic_common


def get_config(arg=""):
  c = epic_common.actionformer()
  epic_common.verbs(c)
  return common.finish(c, arg, pad_multiple=256)
