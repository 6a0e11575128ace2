"""A learnt mixture of temporal granularities (equation 1 of the ActionFormer study) on HAPT.

  jaxvid train --config=hapt_granularity_mixture:small --workdir=runs/hapt_granularity_mixture_small

Data and variants as in hapt_actionformer.py. Scores: docs/results.md.
"""

from jaxvid.configs import hapt_common


def get_config(arg=""):
  return hapt_common.config(
    arg,
    dict(type="granularity_mixture", granularities=(1, 3, 7, 15), mlp_width=768, depths=(2, 2, 5), drop_path=0.1),
  )
