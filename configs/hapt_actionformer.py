"""ActionFormer on HAPT: 12 activities and postural transitions in smartphone accelerometer recordings of 30 people.

  jaxvid build hapt --source=HAPT_raw.tar.xz --data_dir=data
  jaxvid train --config=hapt_actionformer:small --workdir=runs/hapt_actionformer_small

`small` on the official split: average mAP 92.95 (three seeds, 92.35 to 93.32), 3 to 10 minutes on two shared CPU cores;
1,714,964 parameters. Full width: not measured.

Variants: `small`, width 128, for a CPU; `fold=N`, tests on person N and trains on the others (default: the official
split of 21 and 9); `smoke`. They combine: `:small,fold=3`.
"""

from jaxvid.configs import hapt_common


def get_config(arg=""):
  return hapt_common.config(arg, dict(type="local_transformer", num_heads=4, window=9, depths=(2, 2, 5), drop_path=0.1))
