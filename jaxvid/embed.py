"""Draw what the classifiers of several runs see of the test clips, side by side in two dimensions (t-SNE).

  python -m jaxvid.embed --workdirs=runs/frozen,runs/fine_tuned,runs/tag --output=embeddings.png
  python -m jaxvid.embed --workdirs=runs/tag --titles="TAG-Head" --classes=12 --output=embeddings.svg

A run that jaxvid.main has evaluated left features.npz in its workdir: the pooled features of each test clip, before the
classifier. The number over each picture is computed before t-SNE, which may show groups where there are none: the share
of clips whose nearest neighbour is of the same class. Needs scikit-learn: pip install 'jaxvid[plots]'.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

# As many as can be looked at, and as t-SNE takes in a minute.
_MAX_CLIPS = 5000


def embed(
  workdirs: Sequence[str], output: str, titles: Sequence[str] | None = None, classes: int | None = None, seed: int = 0
) -> dict[str, float]:
  """Draws the picture; returns title -> share of clips whose nearest neighbour is of the same class.

  Args:
    workdirs: of evaluated runs on the same clips.
    output: a picture, .png, .svg or .pdf.
    titles: one a run; by default the workdirs' names.
    classes: only so many, those with the most clips.
    seed: of t-SNE.

  Raises:
    ValueError: a workdir has no features.npz, the runs are of different clips, or titles and runs are not as many.
  """
  import numpy as np

  from jaxvid.viz import embeddings

  titles = list(titles or [pathlib.Path(workdir).name for workdir in workdirs])
  if len(titles) != len(workdirs):
    raise ValueError(f"--titles: {len(titles)} for {len(workdirs)} workdirs")
  runs = [_read(workdir) for workdir in workdirs]
  labels, ids = runs[0]["labels"], runs[0]["ids"]
  for workdir, run in zip(workdirs, runs):
    if not np.array_equal(run["ids"], ids) or not np.array_equal(run["labels"], labels):
      raise ValueError(f"{workdir}: features of other clips than those of {workdirs[0]}; evaluate both on one split")
  counts = np.bincount(labels)
  kept = np.isin(labels, np.argsort(-counts, kind="stable")[: classes or len(counts)])
  kept = np.flatnonzero(kept)
  if len(kept) > _MAX_CLIPS:
    kept = np.sort(np.random.default_rng(seed).choice(kept, _MAX_CLIPS, replace=False))
  panels, shares = [], {}
  for title, run in zip(titles, runs):
    features = run["features"][kept]
    shares[title] = nearest_neighbour_share(features, labels[kept])
    panels.append(embeddings.Panel(f"{title}\n{100 * shares[title]:.1f}% nearest of same class", _tsne(features, seed)))
  embeddings.draw(output, panels, labels[kept])
  return shares


def nearest_neighbour_share(features, labels) -> float:
  """Share of the rows of (N, C) whose nearest other row, by cosine, has the same label."""
  import numpy as np

  unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
  likeness = unit @ unit.T
  np.fill_diagonal(likeness, -np.inf)
  return float(np.mean(labels[likeness.argmax(1)] == labels))


def _read(workdir):
  import numpy as np

  path = pathlib.Path(workdir) / "features.npz"
  if not path.is_file():
    raise ValueError(f"{path}: missing; evaluate the run first: python -m jaxvid.main --mode=eval --workdir={workdir}")
  with np.load(path, allow_pickle=False) as file:
    return {name: file[name] for name in ("features", "labels", "ids")}


def _tsne(features, seed):
  """(N, 2)."""
  try:
    from sklearn.manifold import TSNE
  except ImportError:
    raise ValueError("t-SNE needs scikit-learn: pip install scikit-learn, or pip install 'jaxvid[plots]'") from None
  if len(features) < 5:
    raise ValueError(f"{len(features)} clips are too few for t-SNE; 5 or more are needed")
  perplexity = min(30.0, (len(features) - 1) / 3)
  return TSNE(perplexity=perplexity, init="pca", metric="cosine", random_state=seed).fit_transform(features)


def main(argv: Sequence[str]) -> None:
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.embed",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  parser.add_argument("--workdirs", required=True, metavar="DIR,DIR,...", help="of evaluated runs")
  parser.add_argument("--output", required=True, metavar="FILE.png", help="the picture")
  parser.add_argument("--titles", metavar="TEXT,TEXT,...", help="one a run; default: the workdirs' names")
  parser.add_argument("--classes", type=int, metavar="N", help="only the N classes with the most clips")
  parser.add_argument("--seed", type=int, default=0, help="of t-SNE; default: %(default)s")
  flags = parser.parse_args(argv)
  titles = flags.titles.split(",") if flags.titles else None
  try:
    shares = embed(flags.workdirs.split(","), flags.output, titles, flags.classes, flags.seed)
  except (OSError, ValueError) as error:
    sys.exit(f"error: {error}")
  for title, share in shares.items():
    print(f"{title}: {100 * share:.1f}% of clips have a nearest neighbour of their class")
  print(f"the picture: {flags.output}")


def run() -> None:
  """Entry point of the command."""
  main(sys.argv[1:])


if __name__ == "__main__":
  run()
