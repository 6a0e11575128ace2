"""What a command says on standard error while it works."""

import logging


def show() -> None:
  """Shows jaxvid's messages, a line each, and of other packages only warnings."""
  import absl.logging  # Here, not above: --help answers at once.

  absl.logging.set_verbosity(absl.logging.WARNING)  # Orbax tells every file it reads and writes.
  logging.basicConfig(format="%(message)s")
  logging.getLogger("jaxvid").setLevel(logging.INFO)
