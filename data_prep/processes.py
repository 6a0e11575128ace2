"""Processes that share the work of a command, and end with it."""

import concurrent.futures
import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor


def pool(count: int) -> ProcessPoolExecutor:
  """A pool of `count` processes. Ctrl-C in the terminal ends them, without tracebacks.

  They are spawned, not forked: a fork would copy locks of threads that it does not have.
  """
  context = multiprocessing.get_context("spawn")
  return concurrent.futures.ProcessPoolExecutor(count, context, signal.signal, (signal.SIGINT, signal.SIG_DFL))
