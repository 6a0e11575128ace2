"""The feature pyramid network of ActionFormer's and TriDet's code."""

from jaxvid.models.localization.top_down import TopDownNeck

TINY = dict(width=12)  # For tests.


class Model(TopDownNeck):
  """Settings as in `TopDownNeck`. With norms the convolutions have no biases, as in the public code."""

  def has_biases(self) -> bool:
    return not self.norm
