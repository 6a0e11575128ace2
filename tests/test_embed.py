"""Embedding pictures: drawn from the features of evaluated runs; what does not go together is refused."""

import numpy as np
import pytest

from jaxvid import command
from jaxvid import embed as embed_command
from jaxvid.evaluation.embedding import draw, nearest_neighbour_share

LABELS = np.arange(40) % 4


def write(folder, rng, spread, ids=None):
  folder.mkdir()
  centers = 5 * np.eye(4, 6)
  features = (centers[LABELS] + rng.normal(scale=spread, size=(40, 6))).astype(np.float32)
  np.savez(folder / "features.npz", features=features, labels=LABELS, ids=ids or [f"clip_{i}" for i in range(40)])
  return str(folder)


def test_nearest_neighbours_by_hand():
  features = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]])
  assert nearest_neighbour_share(features, np.array([0, 0, 1, 1])) == 1
  assert nearest_neighbour_share(features, np.array([0, 1, 0, 0])) == 0.5


def test_draws_runs_side_by_side(tmp_path, rng, capsys):
  pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
  good, bad = write(tmp_path / "tag", rng, 0.5), write(tmp_path / "frozen", rng, 20)
  picture = tmp_path / "out.png"
  command.run(embed_command.main, [f"--workdirs={bad},{good}", f"--output={picture}", "--classes=3"])
  assert picture.stat().st_size > 10_000
  printed = capsys.readouterr().out
  assert "tag: 100.0% of clips" in printed and "frozen: 100.0%" not in printed


def test_what_does_not_go_together(tmp_path, rng):
  one, other = write(tmp_path / "a", rng, 1), write(tmp_path / "b", rng, 1, ids=[str(i) for i in range(40)])
  with pytest.raises(ValueError, match="has features of other clips"):
    draw([one, other], tmp_path / "out.png")
  with pytest.raises(ValueError, match="--titles: 1 titles for 2"):
    draw([one, one], tmp_path / "out.png", ["x"])
  with pytest.raises(SystemExit, match="features.npz: missing; evaluate the run first"):
    command.run(embed_command.main, [f"--workdirs={tmp_path}", "--output=x.png"])
