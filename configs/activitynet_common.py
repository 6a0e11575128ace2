"""Settings shared by the configurations on ActivityNet-1.3: one class, names of classes by video-level scores."""

from jaxvid.configs import common


def actionformer():
  """ActionFormer's anet_i3d.yaml and anet_tsp.yaml without the features: sequences are resized to 192 steps."""
  c = common.localization()
  c.task.update(num_classes=1, reg_weight=2.0, label_smoothing=0.1, init_num_positives=200.0)
  c.task.detection.update(sigma=0.75, min_length=0.001, max_detections=100, multiclass=False, voting_threshold=0.9)
  c.model.backbone = dict(
    type="local_transformer",
    width=256,
    num_heads=4,
    window=(7, 7, 7, 7, 7, None),
    depths=(2, 2, 5),
    positions="sinusoid",
    drop_path=0.1,
  )
  c.model.head.width = 256
  c.data.update(resize_to=192, max_len=192, buckets=(192,), batch_size=16, clip_to_features=True)
  c.optim.lr = 1e-3
  c.optim.schedule.update(warmup_epochs=5, final_lr=1e-8)
  c.train.epochs = 15
  return c


def evaluate(c, annotations):
  """Sets ActivityNet's thresholds, and annotations with 200 classes; detections get theirs by score fusion."""
  c.eval.update(split="validation", tious=(0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95))
  c.eval.update(annotations=f"data/{annotations}", score_fusion="data/cuhk_val_simp_share.json")
