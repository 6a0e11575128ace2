"""ActionFormer on ActivityNet-1.3 with I3D features (2,048 values, 16 frames, stride 16, 25 frames a second).

  jaxvid build activitynet13/i3d --source=I3D_FOLDER --single_class \\
    --annotations=data/anet1.3_i3d_filtered.json
  jaxvid train --config=activitynet_actionformer_i3d --workdir=runs/activitynet_actionformer_i3d

Settings of the public code's anet_i3d.yaml: 8,123,145 parameters; sequences are resized to 192 steps. Published score:
average mAP 36.03 (54.29 at tIoU 0.5, 36.71 at 0.75, 8.24 at 0.95). Score: not measured (features not available).

The model detects one class, "action"; the names of the 200 classes come from the video-level scores in
data/cuhk_val_simp_share.json, as in the public code. Both files are part of the public code's data. Variants: `smoke`,
`parity`.
"""

from jaxvid.configs import activitynet_common, common


def get_config(arg=""):
  c = activitynet_common.actionformer()
  c.data.dataset = "activitynet13/i3d"
  activitynet_common.evaluate(c, "anet1.3_i3d_filtered.json")
  return common.finish(c, arg, pad_multiple=96)
