"""The grammar of routines: exact, obeyed, and with a memory that reaches beyond the last action."""

import itertools
import json

import numpy as np
import pytest

from jaxvid.data_prep.stickgym import grammar, motion

NUM_CLASSES = len(motion.NAMES)


@pytest.fixture(scope="module")
def drawn():
  return grammar.draw_grammar(np.random.default_rng(0))


@pytest.fixture(scope="module")
def sequences(drawn):
  rng = np.random.default_rng(1)
  return [drawn.sample(rng, 30) for _ in range(300)]


def test_every_history_has_a_distribution(drawn):
  histories = itertools.chain.from_iterable(itertools.product(range(NUM_CLASSES), repeat=length) for length in range(4))
  for history in histories:
    probabilities = drawn.next_distribution(history)
    assert probabilities.shape == (NUM_CLASSES,) and (probabilities > 0).all()
    np.testing.assert_allclose(probabilities.sum(), 1)


def test_only_the_last_action_and_the_third_last_count(drawn):
  after = drawn.next_distribution
  np.testing.assert_array_equal(after([4, 0, 9]), after([11, 2, 1, 4, 7, 9]))
  assert (after([4, 0, 9]) != after([5, 0, 9])).any()
  assert (after([4, 0, 9]) != after([4, 0, 1])).any()


def test_samples_obey_the_distribution(drawn, sequences):
  counts, expected = {}, {}
  for labels in sequences:
    for end in range(len(labels)):
      context = tuple(motion.ACTIONS[motion.NAMES[k]].apparatus for k in labels[max(end - 1, 0) : end])
      past = tuple(labels[end - 3 : end - 2]) if end >= 3 else ()
      counts.setdefault((context, past), np.zeros(NUM_CLASSES))[labels[end]] += 1
      expected[context, past] = drawn.next_distribution(labels[:end])
  for context, count in counts.items():
    # Pearson's statistic has NUM_CLASSES - 1 degrees of freedom; 45 is beyond its 99.999th percentile.
    total = count.sum() * expected[context]
    assert total.min() < 1 or np.sum((count - total) ** 2 / total) < 45
  assert sum(count.sum() * expected[context].min() >= 1 for context, count in counts.items()) > 10


def information(pairs):
  """Mutual information of pairs (N, 2) of labels, in nats, less what N random pairs would show."""
  size = np.max(pairs) + 1
  table = np.zeros((size, size))
  np.add.at(table, tuple(np.array(pairs).T), 1)
  joint = table / table.sum()
  alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
  excess = (size - 1) ** 2 / (2 * table.sum())
  seen = joint > 0
  return np.sum(joint[seen] * np.log(joint[seen] / alone[seen])) - excess


def variants(labels):
  return [label % 4 for label in labels]


def test_what_comes_depends_on_what_was_three_actions_ago(sequences):
  def shared(lag, of):
    return information([pair for labels in sequences for pair in zip(of(labels), of(labels)[lag:], strict=False)])

  assert shared(3, list) > 0.3
  assert shared(3, variants) > 10 * max(abs(shared(lag, variants)) for lag in (1, 2, 4, 5))


def test_the_optimum_is_reached_and_needs_the_past(drawn, sequences):
  guessed = [
    drawn.next_distribution(labels[:end]).argmax() == labels[end] for labels in sequences for end in range(len(labels))
  ]
  tails = [labels[:end] for labels in sequences for end in (10, 20, 30)]
  best = drawn.optimum(sequences)
  np.testing.assert_allclose(np.mean(guessed), best, atol=0.02)
  assert drawn.optimum(tails, k=NUM_CLASSES) == pytest.approx(1)
  # Who knows the last action alone is left with a quarter of the best apparatus.
  last = {k: np.mean([drawn.next_distribution([v, 0, k]) for v in range(4)], axis=0).max() for k in range(NUM_CLASSES)}
  assert max(last.values()) < 0.2 and best > 0.5


def test_json_and_back(drawn):
  read = grammar.from_json(json.loads(json.dumps(drawn.to_json())))
  assert (read.class_names, read.dependencies) == (drawn.class_names, drawn.dependencies)
  for history in ([], [1], [3, 2], [8, 0, 5], [9, 9, 9, 9]):
    np.testing.assert_array_equal(read.next_distribution(history), drawn.next_distribution(history))
