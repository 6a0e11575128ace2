"""TriDet's SGP backbone with point heads on HAPT.

  jaxvid build hapt --source=HAPT_raw.tar.xz --data_dir=data
  jaxvid train --config=hapt_sgp:small --workdir=runs/hapt_sgp_small

`small` on the official split: average mAP 92.40 (three seeds, 92.20 to 92.59), 3 to 5 minutes on two shared CPU cores;
679,124 parameters. Full width: not measured.

Variants: `small`, width 128, for a CPU; `fold=N`, tests on person N and trains on the others (default: the official
split of 21 and 9); `smoke`. They combine: `:small,fold=3`. `--config.model.backbone.init=dead` starts the five
depthwise convolutions of each block from zero, as the public THUMOS14 configuration does; they then stay zero.
"""

from jaxvid.configs import hapt_common


def get_config(arg=""):
  c = hapt_common.config(
    arg, dict(type="sgp", window=1, k=4.0, mlp_width=768, depths=(2, 2, 5), drop_path=0.1, init="live")
  )
  c.data.crop_window_margin = "none"
  return c
