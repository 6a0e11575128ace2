"""ActionFormer on ActivityNet-1.3 with TSP features (512 values, 16 frames, stride 16, 15 frames a second).

  jaxvid build activitynet13/tsp --source=TSP_FOLDER --single_class \\
    --annotations=data/anet1.3_tsp_filtered.json
  jaxvid train --config=activitynet_actionformer_tsp --workdir=runs/activitynet_actionformer_tsp

Settings of the public code's anet_tsp.yaml: 6,943,497 parameters; sequences are resized to 192 steps. Published score:
average mAP 36.56 (54.67 at tIoU 0.5, 37.81 at 0.75, 8.36 at 0.95). Score: not measured (features not available).

The model detects one class, "action"; the names of the 200 classes come from the video-level scores in
data/cuhk_val_simp_share.json, as in the public code. Both files are part of the public code's data. Variants: `smoke`,
`parity`.
"""

from jaxvid.configs import activitynet_common, common


def get_config(arg=""):
  c = activitynet_common.actionformer()
  c.data.dataset = "activitynet13/tsp"
  activitynet_common.evaluate(c, "anet1.3_tsp_filtered.json")
  return common.finish(c, arg, pad_multiple=96)
