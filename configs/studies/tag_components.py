"""What the parts of TAG-Head bring: Table 4 of its paper.

  jaxvid study --study=tag_components --workdir=runs/tag_components --seeds=0,1,2
  jaxvid study --study=tag_components --base=configs/gym288_tag.py --workdir=runs/t288
  jaxvid study --study=tag_components --base=configs/stickgym_tag.py --workdir=runs/stick

Its printed numbers are HAA500's. As the equations stand, the rows with a graph cannot differ from the Transformer alone
by more than the classifier's rounding of a 0.2% reweighting of the frames (docs/recognition.md); configs/studies/
tag_graphs.py has the variants in which a graph matters. HAA500 and Gym288: not yet run. stickgym: docs/results.md.
"""

BASE = "configs/haa500_tag.py"


def get_study(base):
  del base
  no_graph = {"model.head.intra_frame": False, "model.head.temporal": False}
  return dict(
    title="The components of TAG-Head",
    published_on="haa500",
    columns=("top1", "mean_class_accuracy"),
    rows=dict(
      backbone=dict(label="B: 3D backbone", changes={"model.head": dict(type="pool")}, published=(83.2, None)),
      transformer=dict(label="B + TE", changes=no_graph, published=(84.9, None)),
      intra_frame=dict(label="B + TE + IF-FC", changes={"model.head.temporal": False}, published=(84.4, None)),
      temporal=dict(label="B + TE + TAT", changes={"model.head.intra_frame": False}, published=(85.1, None)),
      full=dict(label="Full (B + TE + IF-FC + TAT)", published=(86.1, None)),
    ),
  )
