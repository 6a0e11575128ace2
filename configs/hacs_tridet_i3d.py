"""TriDet on HACS with I3D features (2,048 values, two a second).

  jaxvid build hacs/i3d --source=I3D_FOLDER --annotations=HACS_segments_v1.1.1.json
  jaxvid train --config=hacs_tridet_i3d --workdir=runs/hacs_tridet_i3d

Settings of TriDet's hacs_i3d.yaml: 53,412,473 parameters. TriDet's README publishes one HACS row, average mAP 38.69
(56.90 39.33 11.24 at tIoU 0.5, 0.75, 0.95). Score: not measured (features not available). Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, hacs_common


def get_config(arg=""):
  c = hacs_common.tridet()
  c.task.regression_ranges = ((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 10000))
  c.model.backbone.update(window=15, depths=(2, 2, 6))
  c.model.head.num_bins = 12
  c.data.update(dataset="hacs/i3d", max_len=512, buckets=(128, 256, 384, 512))
  c.optim.schedule.update(warmup_epochs=10, final_lr=2e-4)
  c.train.epochs = 13
  return common.finish(c, arg, pad_multiple=960)
