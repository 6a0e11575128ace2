"""TriDet on HACS with SlowFast features (2,304 values, 32 frames, stride 8, 15 frames a second).

  jaxvid build hacs/slowfast --source=SLOWFAST_FOLDER --annotations=HACS_segments_v1.1.1.json
  jaxvid train --config=hacs_tridet_slowfast --workdir=runs/hacs_tridet_slowfast

Settings of TriDet's hacs_slowfast.yaml: 51,860,092 parameters. TriDet's README publishes one HACS row, average mAP
38.69 (56.90 39.33 11.24 at tIoU 0.5, 0.75, 0.95). Score: not measured (features not available). Variants: `smoke`,
`parity`.
"""

from jaxvid.configs import common, hacs_common


def get_config(arg=""):
  c = hacs_common.tridet()
  c.model.backbone.update(window=3, depths=(2, 2, 5))
  c.model.head.num_bins = 14
  c.data.update(dataset="hacs/slowfast", max_len=960, buckets=(192, 384, 576, 960), input_noise=0.2)
  c.optim.clip_norm = 0.5
  c.optim.schedule.update(warmup_epochs=7, final_lr=5e-4)
  c.train.epochs = 11
  return common.finish(c, arg, pad_multiple=96)
