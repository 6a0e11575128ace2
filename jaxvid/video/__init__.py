"""Video files as NumPy arrays: decoding by frame index, encoding, optical flow, sampling of frames, transforms."""
