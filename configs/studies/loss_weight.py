"""The weight of the regression loss: Table III of Rathnayaka and Thayasivam, on ActionFormer.

  jaxvid study --study=loss_weight --workdir=runs/loss_weight --seeds=0,1,2

The last row, which the paper does not have, scales the regression loss to the size of the classification loss. Scores:
not measured (features not available).
"""

BASE = "configs/thumos_actionformer.py"

# mAP at 0.5 and 0.7, and the average.
PUBLISHED = {
  0.2: (70.1, 39.8, 65.0),
  0.5: (71.4, 41.7, 66.4),
  1.0: (71.0, 43.6, 66.9),
  2.0: (69.7, 43.1, 66.3),
  5.0: (68.8, 42.5, 65.1),
}


def get_study(base):
  rows = {
    f"weight_{weight}": dict(label=f"{weight}", changes={"task.reg_weight": weight}, published=published)
    for weight, published in PUBLISHED.items()
  }
  rows["automatic"] = dict(label="automatic", changes={"task.reg_weight": -1.0})
  on_thumos = base.data.dataset == "thumos14"
  return dict(
    title="Weight of the regression loss",
    published_on="thumos14",
    columns=(0.5, 0.7, "average") if on_thumos else (*base.eval.tious, "average"),
    rows=rows,
  )
