"""TriDet's SGP backbone under ActionFormer's head on THUMOS14, I3D features: row E of Table I of the study.

  jaxvid train --config=thumos_sgp --workdir=runs/thumos_sgp

Data and training as in thumos_actionformer.py; thumos_tridet.py is TriDet itself. Published score: average mAP 67.44
(82.61 at tIoU 0.3, 44.54 at 0.7). Score: not measured (features not available). All rows: jaxvid study
--study=backbone_neck.

Variants: `smoke`; `parity`, which also starts the depthwise convolutions of each block from zero, as the public code
does on THUMOS14; they then stay zero (`--config.model.backbone.init=dead` does only that).
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.actionformer()
  c.model.backbone = thumos_common.sgp()
  return common.finish(c, arg, pad_multiple=32)
