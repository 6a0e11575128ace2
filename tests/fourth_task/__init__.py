"""A project that uses jaxvid and that jaxvid knows nothing of: temporal action segmentation, a label for every step of
a sequence. tests/test_fourth_task.py trains it.
"""
