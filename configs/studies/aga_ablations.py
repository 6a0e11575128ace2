"""The ablations of Action-Guided Attention, as in its paper, and baselines.

  jaxvid study --study=aga_ablations --workdir=runs/aga_routines --seeds=0,1,2
  jaxvid study --study=aga_ablations --base=epic100_aga --workdir=runs/aga_epic

The paper describes its ablations in words: full is best, self-attention overfits, no gating and no EMA are worse.
Scores on made-up routines: docs/results.md; on published datasets: not measured (features not available).
"""

BASE = "configs/routines_aga.py"
_SHARED = ("width", "embed", "input_norm", "dropout")


def get_study(base):
  full = base.model.anticipator
  shared = {key: full[key] for key in _SHARED}
  change = lambda **changes: {f"model.anticipator.{key}": value for key, value in changes.items()}  # noqa: E731
  replace = lambda **settings: {"model.anticipator": dict(shared, **settings)}  # noqa: E731
  transformer = dict(type="causal_transformer", num_layers=2, num_heads=full.num_heads, window=full.window + 1)
  return dict(
    title="Action-Guided Attention, its ablations and baselines",
    columns=("action_top1", "action_recall5", "action_mean_class_accuracy"),
    rows=dict(
      full=dict(label="full"),
      features=dict(label="self-attention on features", changes=change(attention="features")),
      no_gate=dict(label="no gating (history only)", changes=change(gate=False)),
      no_ema=dict(label="no EMA (queries from the last prediction)", changes=change(alpha=1.0)),
      no_history=dict(label="no history", changes=change(window=0)),
      age_bias=dict(label="with a bias for each age", changes=change(age_bias=True)),
      gradient=dict(label="with gradient through the predictions fed back", changes=change(feedback_gradient=True)),
      teacher=dict(label="true labels fed back at a quarter of the steps", changes=change(teacher_share=0.25)),
      last_feature=dict(label="MLP of the last feature", changes=replace(type="last_feature", num_layers=1)),
      lstm=dict(label="LSTMs, rolling and unrolling", changes=replace(type="lstm", num_unrolled=1)),
      transformer=dict(label="causal Transformer", changes=replace(mlp_width=4 * full.width, **transformer)),
    ),
  )
