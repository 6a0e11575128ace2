"""Curves from metrics.jsonl."""

import json

import pytest

from jaxvid.viz import curves


def write(path, *rows):
  path.write_text("".join(json.dumps(row) + "\n" for row in rows))
  return path


def test_draws_losses_and_scores_but_nothing_else(tmp_path):
  training = [{"step": 1, "loss": 2.0, "cls_loss": 1.0, "lr": 1e-4}, {"step": 2, "loss": 1.0}]
  log = write(tmp_path / "metrics.jsonl", *training, {"step": 2, "eval/average_mAP": 0.5})
  curves.draw(tmp_path / "curves.svg", log)
  svg = (tmp_path / "curves.svg").read_text()
  assert all(f"<!-- {name} -->" in svg for name in ("loss", "cls_loss", "average_mAP", "score"))
  assert "<!-- lr -->" not in svg


def test_recalls_have_a_panel_of_their_own(tmp_path):
  scores = {"eval/average_mAP": 0.5, "eval/recall@1x@0.50": 0.6}
  curves.draw(
    tmp_path / "curves.svg", write(tmp_path / "metrics.jsonl", {"step": 1, "loss": 2.0}, {"step": 1, **scores})
  )
  svg = (tmp_path / "curves.svg").read_text()
  assert all(f"<!-- {name} -->" in svg for name in ("score", "recall", "recall@1x@0.50"))


def test_a_run_without_scores_has_one_panel(tmp_path):
  curves.draw(tmp_path / "curves.svg", write(tmp_path / "metrics.jsonl", {"step": 1, "loss": 2.0}))
  assert "<!-- score -->" not in (tmp_path / "curves.svg").read_text()


def test_refuses_a_file_without_curves(tmp_path):
  with pytest.raises(ValueError, match="neither a loss nor a score"):
    curves.draw(tmp_path / "curves.png", write(tmp_path / "metrics.jsonl", {"step": 1, "lr": 2.0}))
