"""The boundary-aware, task-decoupled head on the SGP backbone, on HAPT.

  jaxvid train --config=hapt_decoupled:small --workdir=runs/hapt_decoupled_small

Data and variants as in hapt_actionformer.py. Scores: docs/results.md.
"""

from jaxvid.configs import hapt_common


def get_config(arg=""):
  return hapt_common.config(
    arg,
    dict(type="sgp", window=1, k=4.0, mlp_width=768, depths=(2, 2, 5), drop_path=0.1, init="live"),
    head=dict(type="decoupled"),
  )
