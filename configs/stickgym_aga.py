"""Action-Guided Attention on stickgym's untrimmed routines: the next action of a made-up gymnast; for a CPU.

Which of an apparatus' four actions comes next depends on the action three back. Features are of the network that
stickgym_tag trains, over two seconds, twice a second:

  jaxvid routines --output=data/routines
  jaxvid extract --workdir=runs/stickgym_tag --input=data/routines --output=data/routine_features \\
    --clip_len=32 --stride=8
  jaxvid build generic/routines --source=data/routine_features \\
    --annotations=data/routines/annotations.json --data_dir=data
  jaxvid train --config=stickgym_aga --workdir=runs/stickgym_aga

One run, with 120 routines to train on and features of a network that recognises 89% of the clips: top-1 15.7. Upper
bounds: 20.4 for a model that knows the last action alone, 47.0 with the whole past and the grammar. 1,300 windows are
too few to learn it from these features: draw more (--num_train).

Variants: last_feature, lstm, transformer (baselines); no_gate, no_ema, features, no_history (ablations); smoke.
"""

from jaxvid.configs import anticipation_common, common


def get_config(arg=""):
  v = common.variant(arg, smoke=False, **dict.fromkeys(anticipation_common.MODELS, False))
  c = common.anticipation()
  c.task.num_classes = 12
  c.model.anticipator = anticipation_common.anticipator(
    v, width=64, window=32, num_heads=4, dropout=0.2, input_norm=True
  )
  c.data.update(dataset="generic/routines", tau_a=0.5, tau_o=16.0, every=0.5, batch_size=32, targets="next")
  c.optim.update(lr=2e-3, weight_decay=0.05, ema=0.99)
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 30
  c.eval.best_by = "top1"
  return anticipation_common.smoke(c) if v.smoke else c
