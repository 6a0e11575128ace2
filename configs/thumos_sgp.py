"""TriDet's SGP backbone with point heads on THUMOS14, two-stream I3D features (2,048 values, 16 frames, stride 4).

  python -m data_prep.build thumos14 --source=I3D_FOLDER --annotations=thumos14.json --data_dir=data
  python -m jaxvid.main --config=configs/thumos_sgp.py --workdir=runs/thumos_sgp

Settings of TriDet's thumos_i3d.yaml, except that the depthwise convolutions of a block start small instead of from zero
(`--config.model.backbone.init=dead` for the latter) and that the trident head is not there yet, so the published 69.27
is not this configuration's. Ours: not yet run. Variant: `smoke`, on made-up recordings, under a minute on a CPU.
"""

from configs import common


def get_config(arg=""):
  v = common.variant(arg, smoke=False)
  c = common.localization()
  c.task.num_classes = 20
  c.task.detection.update(max_detections=2000, voting_weight="score")
  c.model.backbone = dict(
    type="sgp", width=512, window=1, k=5.0, mlp_width=768, depths=(2, 2, 5), drop_path=0.1, init="live"
  )
  c.data.update(dataset="thumos14", crop_window_margin="none", input_noise=5e-4)
  c.optim.weight_decay = 0.025
  c.optim.schedule.update(warmup_epochs=20, epochs=40, final_lr=1e-8)
  return common.smoke(c) if v.smoke else c
