"""Graphs in the ONNX format as layer tables; needs the optional package ``onnx``.

``graph`` reads a file, gives every tensor its shape and tells constants from what is computed; ``products``,
``recurrent`` and ``moves`` say what the calls of an operator cost; ``entry`` writes a model of the catalogue.
"""
