"""Action-Guided Attention: queries and keys from the model's past predictions, values from features (arXiv 2603.01743).

With e_t the features of step t and y_t the distribution over the actions that is predicted there:

  ybar_t = alpha y_{t-1} + (1 - alpha) ybar_{t-1}                             (a moving average; uniform at first)
  h_t = multi-head attention(E_Q(ybar_t), E_K(y_{t-S..t-1}), E_V(e_{t-S..t-1}))            (zero for an empty queue)
  g_t = sigmoid(MLP([h_t; e_t])),  o_t = g_t h_t + (1 - g_t) e_t,  y_t = softmax(classifier(o_t))

The paper leaves open S, the widths, whether gradient flows through the predictions that are fed back, and the result
for an empty queue. Here the latter is zero, and the others are settings. E_Q, E_K and E_V are linear layers; another
one, without bias, follows the heads.
"""

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from jaxvid.array_types import Array, Features, Heads, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator
from jaxvid.models.anticipation.outputs import AnticipationOutputs
from jaxvid.ops import recent

TINY = dict(width=8, num_heads=2, window=3)  # For tests.
NO_GRADIENT = ("to_key/bias",)  # The same for all keys, which a softmax does not see.

ATTENTION = ("predictions", "features")


@flax.struct.dataclass
class State:
  """What B streams carry from step to step.

  Attributes:
    count: (B,) valid steps so far.
    average: (B, K), ybar of the next step.
    keys, values: (B, S, H, D / H), the queue.
  """

  count: Int[Array, "B"]
  average: Float[Array, "B K"]
  keys: Float[Array, "B S H D"]
  values: Float[Array, "B S H D"]


class Model(Anticipator):
  """An anticipator with Action-Guided Attention.

  Attributes, beside those of Anticipator:
    num_heads: heads; must divide the width.
    window: S, steps in the queue; 0 leaves out the past altogether.
    alpha: of the moving average; with 1 the query is the last prediction alone ("no EMA").
    attention: "predictions", or "features": queries E_Q(e_t) and keys E_K(e_{t-S..t-1}) from features instead, the
      ordinary self-attention that the paper compares with.
    gate: False predicts from the past alone, o_t = h_t ("no gating").
    gate_width: hidden width of the gate's MLP; None is the width.
    age_bias: learn a bias for each head and age of a step; not in the paper, whose queue has no order.
    feedback_gradient: let gradient flow through the predictions that are fed back. Without it only the forward pass
      goes step by step; the rest of the training is parallel in time.
    teacher_share: share of the steps, in training, at which the true label is fed back in place of the prediction.
  """

  num_heads: int = 8
  window: int = 16
  alpha: float = 0.8
  attention: str = "predictions"
  gate: bool = True
  gate_width: int | None = None
  age_bias: bool = False
  feedback_gradient: bool = False
  teacher_share: float = 0.0

  def __post_init__(self) -> None:
    if self.attention not in ATTENTION:
      raise ValueError(f"attention: {self.attention!r} is none of {', '.join(ATTENTION)}")
    if self.window < 0 or self.num_heads < 1 or self.width % self.num_heads:
      raise ValueError(
        f"window {self.window} must be 0 or more, and num_heads {self.num_heads} divide the width {self.width}"
      )
    if not (0 < self.alpha <= 1 and 0 <= self.teacher_share <= 1):
      raise ValueError(f"alpha {self.alpha} must lie in (0, 1], teacher_share {self.teacher_share} in [0, 1]")
    if not self.gate and not self.window:
      raise ValueError("gate=False predicts from the past alone, so window must be 1 or more; got 0")
    super().__post_init__()

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    """See Anticipator."""
    taught = jnp.full(mask.shape, -1)
    if train and self.teacher_share:
      if labels is None:
        raise ValueError("teacher_share: a teacher needs the labels of the steps; pass `labels`, or set it to 0")
      taught = jnp.where(jax.random.uniform(self.make_rng("dropout"), mask.shape) < self.teacher_share, labels, -1)
    return self.with_history(features, mask, taught, train)

  def with_history(self, features: Features, mask: Mask, taught: Labels, train: bool = False) -> AnticipationOutputs:
    """Predicts over whole observation windows with some of the fed-back predictions replaced.

    Args:
      features, mask, train: see Anticipator.
      taught: (B, T) class indices. Where 0 or more, that class enters the queue and the moving average after its step,
        in place of the model's prediction; -1 keeps the prediction.
    """
    x = self.embed_features(features, mask, train)
    if not self.window:
      return AnticipationOutputs(self.classify(x, train), x)
    if self.attention == "features":
      average = fed_back = None
      query, keys = self.to_query(x), self.to_key(x)
    else:
      average, fed_back = self._feedback(features, mask, taught)
      query, keys = self.to_query(average), self.to_key(fed_back)
    kept, age = recent.window_reach(mask, youngest=1, oldest=self.window)
    past, weights = self._attend(query, keys, self.to_value(x), kept, age)
    return self._predict(x, past, weights, train).replace(query=average, fed_back=fed_back)

  def contributions(self, features: Features, mask: Mask, outputs: AnticipationOutputs) -> Float[Array, "B T K"]:
    """Contribution of each step, through attention, to the logits of the window's last step.

    Attention weights and gate are taken as constants. The contributions, the present step's part and the classifier's
    bias add up to the logits.

    Args:
      features, mask: of observation windows, see Anticipator.
      outputs: of this model for these windows.
    """
    weights = jnp.moveaxis(outputs.attention[:, :, -1], 1, -1)  # (B, T, H)
    values = self.to_value(self.embed_features(features, mask, False))
    past = self.to_output(weights[..., None].astype(values.dtype) * values)
    if self.gate:
      past = outputs.gate[:, -1:] * past
    return self.classify(past, False) - self.classify(jnp.zeros_like(past), False)

  def init_state(self, num_streams: int) -> State:
    """See Anticipator."""
    queue = (num_streams, self.window, self.num_heads, self.width // self.num_heads)
    return State(
      count=jnp.zeros(num_streams, jnp.int32),
      average=jnp.full((num_streams, self.num_classes), 1 / self.num_classes, jnp.float32),
      keys=jnp.zeros(queue, self.dtype),
      values=jnp.zeros(queue, self.dtype),
    )

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """See Anticipator."""
    x = self.embed_features(feature, valid, False)
    if not self.window:
      return state, AnticipationOutputs(self.classify(x, False), x)
    return self._step(state, x, valid)

  def feedback_step(
    self, state: State, x: Float[Array, "B D"], valid: Bool[Array, "B"], label: Int[Array, "B"]
  ) -> tuple[State, tuple[Array, Array]]:
    """One step of the scan over embedded features: (state, (ybar, y as it is fed back)).

    A `label` of 0 or more is fed back in place of the prediction.
    """
    state, outputs = self._step(state, x, valid, jax.nn.one_hot(label, self.num_classes), label >= 0)
    return state, (outputs.query, outputs.fed_back)

  def setup(self) -> None:
    super().setup()
    if not self.window:
      return
    sizes = (self.num_heads, self.width // self.num_heads)
    # Queries and keys of a distribution are mixtures of one vector for each class. With vectors of standard deviation 1
    # the attention logits are of order 1 where the prediction is sure.
    class_init: dict = dict(kernel_init=nn.initializers.normal(1.0)) if self.attention == "predictions" else {}
    self.to_query = nn.DenseGeneral(sizes, dtype=self.dtype, **class_init)
    self.to_key = nn.DenseGeneral(sizes, dtype=self.dtype, **class_init)
    self.to_value = nn.DenseGeneral(sizes, dtype=self.dtype)
    self.to_output = nn.DenseGeneral(self.width, axis=(-2, -1), use_bias=False, dtype=self.dtype)
    if self.age_bias:
      self.bias = self.param("age_bias", nn.initializers.zeros, (self.num_heads, self.window))
    if self.gate:
      self.gate_in = nn.Dense(self.gate_width or self.width, dtype=self.dtype)
      self.gate_out = nn.Dense(self.width, dtype=self.dtype)

  def _feedback(
    self, features: Features, mask: Mask, taught: Labels
  ) -> tuple[Float[Array, "B T K"], Float[Array, "B T K"]]:
    """Moving averages ybar and fed-back predictions, (B, T, K) each, computed as in a stream, without dropout."""
    num_windows, num_steps = mask.shape
    if self.is_initializing():  # There are no parameters yet to predict with; any values give them their shapes.
      return (jnp.full((num_windows, num_steps, self.num_classes), 1 / self.num_classes),) * 2
    x = self.embed_features(features, mask, False)
    state = self.init_state(num_windows)
    return self.scan_over_time("feedback_step", state, x, mask, taught, gradient=self.feedback_gradient)[1]

  def _step(
    self,
    state: State,
    x: Float[Array, "B D"],
    valid: Bool[Array, "B"],
    taught: Float[Array, "B K"] | None = None,
    is_taught: Bool[Array, "B"] | None = None,
  ) -> tuple[State, AnticipationOutputs]:
    """One step of each stream from embedded features x; `taught` is fed back where `is_taught`."""
    query = self.to_query(state.average if self.attention == "predictions" else x)
    kept, age = recent.queue_ages(state.count, self.window)
    past, weights = self._attend(query[:, None], state.keys, state.values, kept[:, None], age[:, None])
    outputs = self._predict(x, past[:, 0], None, False)
    fed_back = jax.nn.softmax(outputs.logits)
    if taught is not None:
      fed_back = jnp.where(is_taught[:, None], taught, fed_back)
    key = self.to_key(fed_back if self.attention == "predictions" else x)
    new = State(
      count=state.count + valid,
      average=jnp.where(valid[:, None], self.alpha * fed_back + (1 - self.alpha) * state.average, state.average),
      keys=recent.push(state.keys, state.count, key, valid),
      values=recent.push(state.values, state.count, self.to_value(x), valid),
    )
    # The queue is a ring: sorted by age, its slots are in the order of time.
    by_age = jnp.take_along_axis(weights[:, :, 0], jnp.argsort(age, axis=1)[:, None], axis=2)
    return new, outputs.replace(attention=by_age, query=state.average, fed_back=fed_back)

  def _attend(
    self, query: Heads, keys: Heads, values: Heads, kept: Bool[Array, "B Q N"], age: Int[Array, "B Q N"]
  ) -> tuple[Array, Array]:
    """Attention output (..., D) of all heads together, and the attention weights."""
    bias = recent.age_bias(self.bias, age, youngest=1) if self.age_bias else None
    past, weights = recent.attend(query, keys, values, kept, bias)
    return self.to_output(past), weights

  def _predict(self, x: Array, past: Array, weights: Array | None, train: bool) -> AnticipationOutputs:
    """Outputs from the present features x (..., D), the attention's output `past` (..., D) and its weights."""
    if not self.gate:
      return AnticipationOutputs(self.classify(past, train), past, attention=weights)
    gate = nn.sigmoid(self.gate_out(nn.relu(self.gate_in(jnp.concatenate([past, x], axis=-1)))))
    hidden = gate * past + (1 - gate) * x
    return AnticipationOutputs(self.classify(hidden, train), hidden, attention=weights, gate=gate)
