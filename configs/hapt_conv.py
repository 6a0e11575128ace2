"""ActionFormer's convolutional backbone on HAPT.

  jaxvid train --config=hapt_conv:small --workdir=runs/hapt_conv_small

Data and variants as in hapt_actionformer.py. Scores: docs/results.md.
"""

from jaxvid.configs import hapt_common


def get_config(arg=""):
  return hapt_common.config(arg, dict(type="conv", depths=(2, 2, 5)))
