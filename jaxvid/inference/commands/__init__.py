"""What `jaxvid predict` does with a trained model, a file a task; a task's file names its own (INFERENCE).

Each file has
  MODELS: what such models are called in messages, "localizers"
  DOES: what one does, "finds actions in long recordings"
  add_flags(parser): adds the flags that it reads beside those all have; their default is None
  run(flags): does it, and prints what it found
and imports what is slow inside its functions, since --help reads all of them.
"""
