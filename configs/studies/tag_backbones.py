"""TAG-Head on other backbones: Table 3 of its paper. All with weights from Kinetics-400.

  jaxvid study --study=tag_backbones --workdir=runs/tag_backbones --seeds=0,1,2

Each row starts from a workdir of public weights that jaxvid convert has made: weights/i3d, weights/slow_r50 and
weights/csn_r101. --base=haa500_tag runs the same on HAA500. Scores: not measured (videos not available).
"""

from jaxvid.configs import recognition_common

BASE = "configs/gym99_tag.py"

WEIGHTS = {"i3d": "weights/i3d", "slow": "weights/slow_r50", "csn": "weights/csn_r101"}
LABELS = {"i3d": "I3D", "slow": "Slow (SlowFast)", "csn": "ir-CSN-101"}
PUBLISHED = {
  "i3d": ((89.9, 85.0), (90.2, 85.7)),
  "slow": ((90.0, 84.9), (90.3, 85.8)),
  "csn": ((89.4, 85.1), (90.0, 85.1)),
}


def get_study(base):
  rows = {}
  for name, (alone, with_head) in PUBLISHED.items():
    backbone, (short_side, crop) = recognition_common.BACKBONES[name]
    changes = {
      "model.backbone": dict(backbone, batch_norm=base.model.backbone.batch_norm, remat=base.model.backbone.remat),
      "data.short_side": short_side,
      "data.crop": crop,
      "train.backbone_from": WEIGHTS[name],
    }
    rows[name] = dict(label=LABELS[name], changes=changes | {"model.head": dict(type="pool")}, published=alone)
    rows[f"{name}_tag"] = dict(label=f"{LABELS[name]} + TAG-Head", changes=changes, published=with_head)
  return dict(
    title="TAG-Head on other backbones",
    published_on="finegym/gym99",
    columns=("top1", "mean_class_accuracy"),
    rows=rows,
  )
