"""How long to train ActionFormer: Table II of Rathnayaka and Thayasivam.

  jaxvid study --study=training_length --workdir=runs/training_length --seeds=0,1,2

Each row is a training of its own, whose learning rate falls to the end; its epochs come after the warm-up, as in the
public code's `epochs`. The paper does not say whether it did so or scored checkpoints of one training. Its numbers fit
separate trainings, since after one epoch of warm-up an average with a decay of 0.999 is still nearly random. Because of
that average, short trainings of the public code score lower than their last step would (docs/results.md); to train as
the public code does: --base=thumos_actionformer:parity. The paper's last row is quoted from ActionFormer's authors.

Scores: not measured (features not available).
"""

BASE = "configs/thumos_actionformer.py"

PUBLISHED = {
  1: (30.12, 25.43, 17.85, 10.94, 5.20, 17.91),
  4: (55.24, 48.67, 37.92, 25.14, 14.62, 36.72),
  8: (72.18, 66.28, 55.47, 40.84, 22.94, 51.54),
  15: (77.86, 72.02, 61.48, 47.32, 29.15, 57.97),
  25: (80.42, 74.56, 65.07, 50.83, 33.62, 60.90),
  50: (82.10, 77.80, 71.00, 59.40, 43.90, 66.80),
}


def get_study(base):
  warmup = base.optim.schedule.warmup_epochs
  return dict(
    title="Length of training",
    published_on="thumos14",
    rows={
      f"epochs_{epochs}": dict(
        label=f"{epochs} epochs after {warmup} of warm-up",
        changes={"train.epochs": warmup + epochs},
        published=published,
      )
      for epochs, published in PUBLISHED.items()
    },
  )
