"""Runs in a render child: draws scenes with MoviePy and encodes them with PyAV."""
