"""Settings shared by the configurations on HAPT: those with which the public code was scored on it."""

from jaxvid.configs import common


def config(arg, backbone, head=None, iou_power=None):
  """The ConfigDict for a backbone and a head (default: point); `arg` is the variant, see hapt_actionformer.py."""
  v = common.variant(arg, smoke=False, small=False, fold=0)
  if not 0 <= v.fold <= 30:
    raise ValueError(f"fold={v.fold}: HAPT has the folds 1 to 30, one a person")
  c = common.localization()
  c.task.update(
    num_classes=12,
    label_smoothing=0.1,
    init_num_positives=250.0,
    iou_power=iou_power,
    regression_ranges=((0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)),
  )
  c.task.detection.update(pre_nms_top_k=5000, sigma=0.4, max_detections=2000)
  c.model.backbone = dict(backbone, width=512)
  c.model.head = dict(head or dict(type="point"), width=512)
  c.data.update(dataset="hapt", max_len=2048, buckets=(1280, 1536, 1792, 2048), crop_min_overlap=0.3)
  c.optim.schedule.warmup_epochs = 5
  c.train.epochs = 105
  if v.fold:
    c.data.train_split, c.eval.split = f"fold_{v.fold:02d}_train", f"fold_{v.fold:02d}_test"
  if v.small:
    c.model.backbone.width = c.model.head.width = 128
    if "mlp_width" in c.model.backbone:
      c.model.backbone.mlp_width = 192
    c.optim.lr = 5e-4
  return common.smoke(c) if v.smoke else c
