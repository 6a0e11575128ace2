"""The components of TAG-Head: Table 4 of its paper.

  jaxvid study --study=tag_components --workdir=runs/tag_components --seeds=0,1,2
  jaxvid study --study=tag_components --base=gym288_tag --workdir=runs/t288
  jaxvid study --study=tag_components --base=stickgym_tag --workdir=runs/stick

The published numbers are on HAA500. By the paper's equations, the rows with a graph differ from the Transformer alone
by a 0.2% change of the frames' weights only (docs/recognition.md); tag_graphs.py has the variants in which the graph
changes the output. Scores: HAA500 and Gym288 not measured (videos not available); stickgym in docs/results.md.
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
