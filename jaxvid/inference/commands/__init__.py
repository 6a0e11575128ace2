"""`jaxvid predict` for each task, a file a task. A task names its file in INFERENCE.

Each file has
  MODELS: name of its models in messages, such as "localizers"
  DOES: what a model does, such as "finds actions in long recordings"
  add_flags(parser): adds the task's own flags, with default None
  run(flags): predicts, and prints the results
Slow imports stand inside functions, since --help imports all of these files.
"""
