"""ActionFormer on THUMOS14 with two-stream I3D features (2,048 values, 16 frames, stride 4).

  python -m data_prep.build thumos14 --source=I3D_FOLDER --annotations=thumos14.json --data_dir=data
  python -m jaxvid.main --config=configs/thumos_actionformer.py --workdir=runs/thumos_actionformer

Settings of the public code's thumos_i3d.yaml: 29,251,612 parameters. Published score: average mAP 66.83 (82.13 at tIoU
0.3, 43.87 at 0.7). Ours: not yet run. Variant: `smoke`, on made-up recordings, under a minute on a CPU.
"""

from configs import common


def get_config(arg=""):
  v = common.variant(arg, smoke=False)
  c = common.localization()
  c.task.num_classes = 20
  c.model.backbone = dict(type="local_transformer", width=512, num_heads=4, window=19, depths=(2, 2, 5), drop_path=0.1)
  c.data.dataset = "thumos14"
  return common.smoke(c) if v.smoke else c
