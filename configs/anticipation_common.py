"""Settings shared by the configurations of anticipation: the models and their variants."""

from jaxvid.configs import common

# Variants: Action-Guided Attention's ablations, and baselines.
MODELS = ("last_feature", "lstm", "transformer", "no_gate", "no_ema", "features", "no_history")


def anticipator(v, width, window, num_heads, **settings):
  """The section config.model.anticipator of a variant: Action-Guided Attention, an ablation, or a baseline.

  Args:
    v: a variant with the switches MODELS.
    width, window, num_heads: of the models that have them.
    **settings: of all models, such as dropout.
  """
  named = [name for name in MODELS if v.get(name)]
  if len(named) > 1:
    raise ValueError(f"{' and '.join(named)}: name one model")
  shared = dict(width=width) | settings
  name = named[0] if named else "action_guided"
  if name == "last_feature":
    return dict(shared, type="last_feature", num_layers=1)
  if name == "lstm":
    return dict(shared, type="lstm", num_unrolled=4)
  if name == "transformer":
    sees = window + 1  # With the present step.
    return dict(shared, type="causal_transformer", num_layers=2, num_heads=num_heads, window=sees, mlp_width=4 * width)
  return dict(
    shared,
    type="action_guided",
    num_heads=num_heads,
    window=0 if name == "no_history" else window,
    alpha=1.0 if name == "no_ema" else 0.8,
    attention="features" if name == "features" else "predictions",
    gate=name != "no_gate",
  )


def published(v, dataset, num_classes, parts, tau_a):
  """The ConfigDict of a published dataset; `parts`: its numbers of verbs and nouns, for the variant heads.

  The paper leaves these open; our choices: an observation window of 16 seconds with a step each second (as in AVT), all
  of them in the queue; the width of TSN's features; the next action as the target of every step.
  """
  c = common.anticipation()
  c.task.num_classes = num_classes
  c.model.anticipator = anticipator(v, width=1024, window=16, num_heads=8, dropout=0.3)
  if v.heads:
    c.model.update(num_verbs=parts[0], num_nouns=parts[1])
  c.data.update(dataset=dataset, tau_a=tau_a, tau_o=16.0, every=1.0, batch_size=128, targets="next")
  c.optim.update(lr=1e-4, weight_decay=0.05)
  c.optim.schedule.warmup_epochs = 2
  c.train.epochs = 20
  return c


def smoke(c):
  """The same code path on made-up routines: small widths, a few steps, under a minute on a CPU."""
  c.task.num_classes = 12
  c.data.update(dataset="made_up", train_split="train", tau_a=1.0, tau_o=8.0, every=1.0, batch_size=8)
  c.data.made_up = dict(num_train=4, num_test=2, num_actions=10)
  for key, value in dict(width=16, num_heads=2, window=8, mlp_width=32).items():
    if key in c.model.anticipator and c.model.anticipator[key] != 0:
      c.model.anticipator[key] = value
  c.model.num_verbs = min(c.model.get("num_verbs", 0), 3)
  c.model.num_nouns = min(c.model.get("num_nouns", 0), 4)
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 2
  c.train.update(log_every=1, checkpoint_every=1)
  c.eval.update(split="test", batch_size=8, submission=False)
  return c
