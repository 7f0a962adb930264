# The classifiers: how they are trained, kept in files, and what they say.
"""Each trainer returns what `write` takes; `says` reads such a file as the Swift does."""

import json
import struct

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

FULL = 16  # what a cell full of ink holds
TYPES = {"int8": "I8", "uint8": "U8", "float32": "F32"}


def network(members):
    """Tensors of networks, each a list of (weights: outputs times inputs, biases)."""
    tensors = {}
    for m, layers in enumerate(members):
        for n, (weights, biases) in enumerate(layers):
            scales = np.abs(weights).max(1) / 127
            scales[scales == 0] = 1
            tensors[f"{m}.{n}.weights"] = np.rint(weights / scales[:, None]).astype(np.int8)
            tensors[f"{m}.{n}.scales"] = scales.astype(np.float32)
            tensors[f"{m}.{n}.biases"] = biases.astype(np.float32)
    return {"family": "network"}, tensors


def perceptrons(cells, digits, layers, count, rounds=20):
    """The mean of a few perceptrons that began at different weights."""
    inputs = (cells / FULL).astype(np.float32)
    members = []
    for seed in range(count):
        fitted = MLPClassifier(
            layers,
            alpha=1e-3,
            batch_size=512,
            max_iter=rounds,
            learning_rate_init=1.5e-3,
            random_state=seed,
        ).fit(inputs, digits)
        members.append([(w.T, b) for w, b in zip(fitted.coefs_, fitted.intercepts_)])
    return network(members)


def expert(kind):
    """Learns from all crops, from those of its own kind twice: a few it would know by heart."""

    def train(cells, digits, kinds):
        own = np.flatnonzero(kinds == kind)
        taken = np.concatenate([np.arange(len(digits)), own])
        return perceptrons(cells[taken], digits[taken], (192, 96), 3)

    return train


def perceptron(cells, digits, kinds):
    return perceptrons(cells, digits, (128, 64), 1)


def softmax(cells, digits, kinds):
    fitted = LogisticRegression(C=1, max_iter=60).fit(cells[::5] / FULL, digits[::5])
    return network([[(fitted.coef_, fitted.intercept_)]])


def neighbours(cells, digits, kinds):
    """Keeps the middles of a hundred clusters of each digit."""
    middles, labels = [], []
    for digit in range(10):
        means = MiniBatchKMeans(100, random_state=0, n_init=1, batch_size=2048)
        middles.append(
            means.fit((cells[digits == digit] / FULL).astype(np.float32)).cluster_centers_
        )
        labels += [digit] * 100
    examples = np.rint(np.concatenate(middles) * FULL).clip(0, FULL).astype(np.uint8)
    return (
        {"family": "neighbours", "neighbours": "8", "reach": "600"},
        {"examples": examples, "digits": np.array(labels, np.uint8)},
    )


TRAINERS = {
    "expert-looped": expert("looped"),
    "expert-open": expert("open"),
    "perceptron": perceptron,
    "neighbours": neighbours,
    "softmax": softmax,
}


def write(path, metadata, tensors):
    """A file in the safetensors format."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        start = len(data)
        data += tensor.tobytes()
        header[name] = {
            "dtype": TYPES[str(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": [start, len(data)],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read(path):
    """The metadata and the tensors of a file."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    metadata = header.pop("__metadata__")
    types = {format: np.dtype(name) for name, format in TYPES.items()}
    return metadata, {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
    }


def says(path, cells):
    """The probability of each digit for each row of cells, by the weights in a file."""
    metadata, tensors = read(path)
    if metadata["family"] == "network":
        return network_says(tensors, cells / np.float32(FULL))
    examples = tensors["examples"].astype(np.int64)
    said = np.zeros((len(cells), 10))
    for row, crop in enumerate(cells.astype(np.int64)):
        distances = ((examples - crop) ** 2).sum(1)
        for index in np.argsort(distances, kind="stable")[: int(metadata["neighbours"])]:
            weight = np.exp((distances.min() - distances[index]) / float(metadata["reach"]))
            said[row, tensors["digits"][index]] += weight
    return said / said.sum(1, keepdims=True)


def network_says(tensors, inputs):
    said, member = 0, 0
    while f"{member}.0.weights" in tensors:
        values, layer = inputs, 0
        while f"{member}.{layer}.weights" in tensors:
            name = f"{member}.{layer}"
            weights = tensors[f"{name}.weights"] * tensors[f"{name}.scales"][:, None]
            values = (np.maximum(values, 0) if layer else values) @ weights.T
            values, layer = values + tensors[f"{name}.biases"], layer + 1
        powers = np.exp(values - values.max(1, keepdims=True))
        said, member = said + powers / powers.sum(1, keepdims=True), member + 1
    return said / member
