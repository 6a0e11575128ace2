"""Variants of TAG-Head in which the graph changes the output; in the paper's it is mean pooling to within 0.2%.

  jaxvid study --study=tag_graphs --workdir=runs/tag_graphs --seeds=0,1,2

Each kind of pooling is there with and without a graph; the difference of the two rows is the gain by the graph. There
are no published numbers. Scores on stickgym: docs/results.md.
"""

BASE = "configs/stickgym_tag.py"


def get_study(base):
  del base
  no_graph = {"model.head.intra_frame": False, "model.head.temporal": False}
  attention = {"model.head.pooling": "attention"}
  evidence = {"model.head.pooling": "logsumexp", "model.head.evidence": "classes"}
  learnt = {"model.head.edge_weights": "learnt"}
  return dict(
    title="Graphs that can matter",
    columns=("top1", "mean_class_accuracy"),
    rows=dict(
      mean=dict(label="mean pooling, no graph", changes=no_graph),
      mean_graph=dict(label="mean pooling, graph (the paper)"),
      attention=dict(label="attention pooling, no graph", changes=attention | no_graph),
      attention_graph=dict(label="attention pooling, graph", changes=attention),
      attention_learnt=dict(label="attention pooling, learnt edge weights", changes=attention | learnt),
      attention_temporal=dict(
        label="attention pooling, temporal edges only", changes=attention | {"model.head.intra_frame": False}
      ),
      attention_motion=dict(
        label="attention pooling, edges along the motion", changes=attention | {"model.head.alignment": "motion"}
      ),
      evidence=dict(label="class evidence, log-sum-exp, no graph", changes=evidence | no_graph),
      evidence_graph=dict(label="class evidence, log-sum-exp, graph", changes=evidence),
    ),
  )
