"""Draws the pooled features of test clips in two dimensions (t-SNE), for several runs side by side."""

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from jaxvid.evaluation import clip_features

# More points than this cannot be told apart, and t-SNE takes over a minute.
_MAX_CLIPS = 5000


def draw(
  workdirs: Sequence[str],
  output: str | os.PathLike,
  titles: Sequence[str] | None = None,
  classes: int | None = None,
  seed: int = 0,
) -> dict[str, float]:
  """Draws one panel a run; returns title -> share of clips whose nearest neighbour is of the same class.

  Args:
    workdirs: of evaluated runs on the same clips.
    output: path of the picture, .png, .svg or .pdf.
    titles: one a run; default: the workdirs' names.
    classes: how many classes to draw, those with the most clips first; default: all.
    seed: of t-SNE, and of the choice where there are too many clips.

  Raises:
    ValueError: a workdir has no features.npz, the runs have different clips, or there are not as many titles as runs.
  """
  titles = list(titles or [pathlib.Path(workdir).name for workdir in workdirs])
  if len(titles) != len(workdirs):
    raise ValueError(f"--titles: {len(titles)} titles for {len(workdirs)} workdirs; give one a workdir")

  # All runs must be of the same clips, in the same order.
  runs = [clip_features.read(workdir) for workdir in workdirs]
  labels, ids = runs[0].labels, runs[0].ids
  for workdir, run in zip(workdirs, runs):
    if not np.array_equal(run.ids, ids) or not np.array_equal(run.labels, labels):
      raise ValueError(f"{workdir}: has features of other clips than {workdirs[0]}; evaluate both on the same split")

  # The clips to draw.
  counts = np.bincount(labels)
  largest = np.argsort(-counts, kind="stable")[: classes or len(counts)]
  kept = np.flatnonzero(np.isin(labels, largest))
  if len(kept) > _MAX_CLIPS:
    kept = np.sort(np.random.default_rng(seed).choice(kept, _MAX_CLIPS, replace=False))
  from jaxvid.viz import embeddings  # Here, not above: matplotlib is slow to import.

  panels, shares = [], {}
  for title, run in zip(titles, runs):
    features = run.features[kept]
    shares[title] = nearest_neighbour_share(features, labels[kept])
    panels.append(embeddings.Panel(f"{title}\n{100 * shares[title]:.1f}% nearest of same class", _tsne(features, seed)))
  embeddings.draw(output, panels, labels[kept])
  return shares


def nearest_neighbour_share(features: np.ndarray, labels: np.ndarray) -> float:
  """Share of rows whose nearest other row has the same label.

  Args:
    features: (N, C), compared by cosine similarity.
    labels: (N,).
  """
  unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
  similarity = unit @ unit.T
  np.fill_diagonal(similarity, -np.inf)
  return float(np.mean(labels[similarity.argmax(1)] == labels))


def _tsne(features: np.ndarray, seed: int) -> np.ndarray:
  """Projects features (N, C) to two dimensions (N, 2)."""
  try:
    from sklearn.manifold import TSNE
  except ImportError:
    raise ValueError("t-SNE needs scikit-learn: pip install scikit-learn, or pip install 'jaxvid[plots]'") from None
  if len(features) < 5:
    raise ValueError(f"{len(features)} clips are too few for t-SNE; 5 or more are needed")
  perplexity = min(30.0, (len(features) - 1) / 3)
  return TSNE(perplexity=perplexity, init="pca", metric="cosine", random_state=seed).fit_transform(features)
