"""The width of the MLP in TAG-Head's Transformer: Table 2 of its paper.

  jaxvid study --study=tag_mlp_width --workdir=runs/tag_mlp_width --seeds=0,1,2

The published numbers are on Gym99; --base=haa500_tag runs the same on HAA500. Scores: not measured (videos not
available).
"""

BASE = "configs/gym99_tag.py"

PUBLISHED = {2048: (94.7, 92.8), 1024: (95.6, 93.8), 512: (95.5, 93.3), 256: (94.4, 92.8)}


def get_study(base):
  del base
  return dict(
    title="The width of the MLP",
    published_on="finegym/gym99",
    columns=("top1", "mean_class_accuracy"),
    rows={
      f"mlp_{width}": dict(label=f"{width:,}", changes={"model.head.mlp_width": width}, published=published)
      for width, published in PUBLISHED.items()
    },
  )
