"""Aliases of splits as TFDS expressions."""

from collections.abc import Container, Mapping, Sequence


def expressions(aliases: Mapping[str, Sequence[str]], splits: Container[str]) -> dict[str, str]:
  """dict of alias -> TFDS split expression such as "a+b", without absent splits and empty aliases."""
  there = {alias: [split for split in of if split in splits] for alias, of in aliases.items()}
  return {alias: "+".join(of) for alias, of in there.items() if of}
