"""Video files as arrays: decoding by frame index, choosing frames, resizing and cropping. NumPy and PyAV only."""
