"""TriDet on ActivityNet-1.3 with TSP features (512 values, 16 frames, stride 16, 15 frames a second).

  jaxvid build activitynet13/tsp --source=TSP_FOLDER --single_class \\
    --annotations=data/anet1.3_tsp_filtered.json
  jaxvid train --config=activitynet_tridet_tsp --workdir=runs/activitynet_tridet_tsp

Settings of TriDet's anet_tsp.yaml: 12,811,555 parameters; sequences keep their length. Published score: average mAP
36.77 (54.71 at tIoU 0.5, 38.01 at 0.75, 8.35 at 0.95). Score: not measured (features not available).

The model detects one class, "action"; the names of the 200 classes come from the video-level scores in
data/cuhk_val_simp_share.json, as in the public code. Both files are part of the public code's data. Variants: `smoke`,
`parity`.
"""

from jaxvid.configs import activitynet_common, common


def get_config(arg=""):
  c = common.localization()
  c.task.update(num_classes=1, label_smoothing=0.1, init_num_positives=400.0, iou_power=1.0)
  c.task.detection.update(sigma=0.7, min_length=0.1, max_detections=200, multiclass=False)
  c.task.detection.update(voting_threshold=0.95, voting_weight="score")
  c.model.backbone = dict(
    type="sgp",
    width=256,
    window=15,
    k=1.3,
    mlp_width=2048,
    depths=(2, 2, 5),
    positions="sinusoid",
    drop_path=0.1,
    init=0.2,
  )
  c.model.head = dict(type="trident", width=512, num_bins=12, kernel_size=3, boundary_kernel_size=3, border="masked")
  c.data.update(dataset="activitynet13/tsp", max_len=768, buckets=(128, 192, 256, 384, 768), batch_size=16)
  c.data.update(crop_window_margin="none", clip_to_features=True, input_noise=0.5)
  c.optim.update(lr=1e-3, weight_decay=0.04, clip_norm=0.4)
  c.optim.schedule.update(warmup_epochs=10, final_lr=5e-5)
  c.train.epochs = 15
  activitynet_common.evaluate(c, "anet1.3_tsp_filtered.json")
  return common.finish(c, arg, pad_multiple=480)
