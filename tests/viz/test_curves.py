"""Curves from metrics.jsonl: what the panels show."""

import json

import pytest

from jaxvid.metrics import anticipation
from jaxvid.viz import curves


def write(path, *rows):
  path.write_text("".join(json.dumps(row) + "\n" for row in rows))
  return path


def panels(path, *rows):
  """Title -> {label: [(step, value), ...]} of each panel."""
  figure = curves.figure(write(path / "metrics.jsonl", *rows))
  shown = {}
  for axes in figure.axes:
    assert axes.get_xlabel() == "training step" and axes.get_ylim()[0] == 0
    lines = {line.get_label(): list(zip(*map(list, line.get_data()))) for line in axes.lines}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(lines)
    assert axes.get_title(loc="left") not in shown
    shown[axes.get_title(loc="left")] = lines
  return shown


@pytest.mark.parametrize(
  "terms", [("cls_loss", "reg_loss", "coarse_loss"), ("action_loss", "verb_loss", "noun_loss"), ()]
)
def test_the_losses_of_every_task_and_nothing_else(tmp_path, terms):
  values = dict.fromkeys(terms, 0.5)
  first = {"step": 1, "loss": 2.0, **values, "lr": 1e-4, "grad_norm": 1.0, "accuracy": 0.1}
  shown = panels(tmp_path, first, {"step": 2, "loss": 1.0})
  assert list(shown) == ["loss"] and set(shown["loss"]) == {"loss", *terms}
  assert shown["loss"]["loss"] == [(1, 2.0), (2, 1.0)]


def test_recalls_have_a_panel_of_their_own(tmp_path):
  scores = {"eval/average_mAP": 0.5, "eval/mAP@0.50": 0.4, "eval/recall@1x@0.50": 0.6}
  shown = panels(tmp_path, {"step": 1, "loss": 2.0}, {"step": 1, **scores})
  assert list(shown) == ["loss", "score", "recall"]
  assert shown["score"] == {"average_mAP": [(1, 0.5)], "mAP@0.50": [(1, 0.4)]}
  assert shown["recall"] == {"recall@1x@0.50": [(1, 0.6)]}


def test_many_scores_are_a_panel_a_metric(tmp_path):
  """Those of EPIC-Kitchens-100: three parts, overall and on two subsets."""
  part = {"top1": 0.1, "top5": 0.2, "recall5": 0.3, "mean_class_accuracy": 0.1, "num_windows": 9}
  parts = dict.fromkeys(anticipation.PARTS, part)
  summary = anticipation.flatten({**parts, "subsets": {"unseen": parts, "tail": parts}})
  assert len(summary) == 36
  shown = panels(tmp_path, {"step": 1, "loss": 2.0}, {"step": 1, **{f"eval/{k}": x for k, x in summary.items()}})
  assert list(shown) == ["loss", "top1", "top5", "recall5", "accuracy"]
  assert sum(len(lines) for lines in shown.values()) == 1 + 36, "each is drawn once"
  assert set(shown["recall5"]) == {
    f"{subset}{part}_recall5" for subset in ("", "unseen_", "tail_") for part in anticipation.PARTS
  }
  recalls = {f"eval/recall@{k}x@0.{tiou}": 0.1 for k in (1, 5) for tiou in range(50, 100, 5)}
  shown = panels(tmp_path, {"step": 1, "loss": 2.0}, {"step": 1, **recalls})
  assert list(shown) == ["loss", "recall@1x", "recall@5x"] and len(shown["recall@5x"]) == 10


def test_the_file(tmp_path):
  curves.draw(tmp_path / "curves.svg", write(tmp_path / "metrics.jsonl", {"step": 1, "loss": 2.0}))
  assert "<!-- loss -->" in (tmp_path / "curves.svg").read_text()


def test_refuses_a_file_without_curves(tmp_path):
  with pytest.raises(ValueError, match="neither a loss nor a score"):
    curves.draw(tmp_path / "curves.png", write(tmp_path / "metrics.jsonl", {"step": 1, "lr": 2.0}))
