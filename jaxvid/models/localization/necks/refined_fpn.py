"""The refined one-dimensional feature pyramid network of the ActionFormer study (equations 2 to 4)."""

from jaxvid.models.localization.top_down import TopDownNeck

TINY = dict(width=12)  # For tests.


class Model(TopDownNeck):
  """Settings as in `TopDownNeck`.

  The paper's equations are those of ActionFormer's own FPN, which it does not compare with. The remaining difference:
  these convolutions have biases whether norms follow or not (docs/localization.md).
  """

  def has_biases(self) -> bool:
    return True
