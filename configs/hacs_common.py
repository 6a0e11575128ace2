"""Settings shared by the configurations on HACS: TriDet's."""

from jaxvid.configs import common


def tridet():
  """The settings that TriDet's hacs_i3d.yaml and hacs_slowfast.yaml have in common."""
  c = common.localization()
  c.task.update(num_classes=200, label_smoothing=0.1, init_num_positives=400.0, iou_power=1.0)
  c.task.detection.update(sigma=0.75, max_detections=250, voting_threshold=0.95, voting_weight="score")
  c.model.backbone = dict(type="sgp", width=1024, k=1.2, mlp_width=1024, positions="sinusoid", drop_path=0.1, init=0.1)
  c.model.head = dict(type="trident", width=1024, kernel_size=5, boundary_kernel_size=1, border="masked")
  c.data.update(batch_size=16, crop_window_margin="none", clip_to_features=True)
  c.optim.update(lr=1e-3, weight_decay=0.03)
  c.eval.update(split="validation", tious=(0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95))
  return c
