"""The recurrent or attention cores of models in PyTorch, each written in the most usual way.

A core has the sizes of our model, and no more than what costs time there: the losses of its own
tasks and the masks are left out. Optional: requirements-torch.txt.
"""

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]


def torch_core(name, model):
    """Return the core of a model, from three sequences `(batch, time, width)` to a score.

    Args:
        name: The model's name in `MODELS`.
        model: Our model, for its sizes.

    Returns:
        A module; `None` for models that have no peer, or neither a recurrence nor attention.
    """
    return CORES[name](model) if name in CORES else None


class EarlyLSTM(nn.Module):
    """The core of `ef_lstm`: LSTMs on top of each other over all features side by side."""

    def __init__(self, model):
        super().__init__()
        width, layers = model.model_dim, model.n_layers
        dropout = model.dropout_rate if layers > 1 else 0.0
        self.lstm = nn.LSTM(sum(model.widths), width, layers, batch_first=True, dropout=dropout)
        self.head = _head(width, width)

    def forward(self, sequences):
        return self.head(self.lstm(torch.cat(sequences, -1))[0][:, -1])


class LateLSTM(nn.Module):
    """The core of `tfn`, `lmf` and `self_mm`: an LSTM for the text, another network for the others.

    Args:
        model: Our model.
        others: Width of the networks of audio and video.
        recurrent: Whether these are LSTMs, rather than Dense layers on the mean over the steps.
        fuse: From the modalities' vectors to one vector.
        widths: Width of this vector, and of the hidden layer behind it.
    """

    def __init__(self, model, others, recurrent, fuse, widths):
        super().__init__()
        self.recurrent, self.fuse = recurrent, fuse
        self.text = nn.LSTM(model.text_dim, model.model_dim, batch_first=True)
        self.others = nn.ModuleList(
            nn.LSTM(w, others, batch_first=True) if recurrent else _perceptron(w, others)
            for w in (model.audio_dim, model.video_dim)
        )
        self.head = _head(*widths)

    def forward(self, sequences):
        text, *others = sequences
        vectors = [self.text(text)[0][:, -1]]
        for network, x in zip(self.others, others, strict=True):
            vectors.append(network(x)[0][:, -1] if self.recurrent else network(x.mean(1)))
        return self.head(self.fuse(vectors))


class MemoryFusion(nn.Module):
    """The core of `mfn`: an LSTM cell each, attention over their memories, and a gated memory."""

    def __init__(self, model):
        super().__init__()
        width, memory, hidden = model.model_dim, model.memory_dim, model.hidden_dim
        self.width, self.memory = width, memory
        self.cells = nn.ModuleList(nn.LSTMCell(w, width) for w in model.widths)
        both = 6 * width
        self.attention = _hidden_layer(both, hidden, both)
        self.candidate = _hidden_layer(both, hidden, memory)
        self.retain = _hidden_layer(both + memory, hidden, memory)
        self.update = _hidden_layer(both + memory, hidden, memory)
        self.head = _head(3 * width + memory, hidden)

    def forward(self, sequences):
        batch, time, _ = sequences[0].shape
        zeros = sequences[0].new_zeros
        states = [(zeros(batch, self.width), zeros(batch, self.width)) for _ in sequences]
        memory = zeros(batch, self.memory)
        for t in range(time):
            new = [
                cell(x[:, t], state)
                for cell, x, state in zip(self.cells, sequences, states, strict=True)
            ]
            both = torch.cat([c for _, c in (*states, *new)], -1)
            attended = self.attention(both).softmax(-1) * both
            gates = torch.cat([attended, memory], -1)
            kept = self.retain(gates).sigmoid() * memory
            memory = kept + self.update(gates).sigmoid() * self.candidate(attended).tanh()
            states = new
        return self.head(torch.cat([*(h for h, _ in states), memory], -1))


class StackedBiLSTMs(nn.Module):
    """The core of `misa`: two bidirectional LSTMs for each modality, and one transformer block."""

    def __init__(self, model):
        super().__init__()
        width, units = model.model_dim, model.model_dim // 2
        options = {"batch_first": True, "bidirectional": True}
        self.lower = nn.ModuleList(nn.LSTM(w, units, **options) for w in model.widths)
        self.norms = nn.ModuleList(nn.LayerNorm(2 * units) for _ in model.widths)
        self.upper = nn.ModuleList(nn.LSTM(2 * units, units, **options) for _ in model.widths)
        self.projections = nn.ModuleList(nn.Linear(4 * units, width) for _ in model.widths)
        self.private = nn.ModuleList(nn.Linear(width, width) for _ in model.widths)
        self.shared = nn.Linear(width, width)
        self.fusion = nn.TransformerEncoderLayer(
            width, model.num_heads, model.ff_dim, model.dropout_rate, batch_first=True
        )
        self.head = _head(6 * width, 3 * width)

    def forward(self, sequences):
        vectors = []
        networks = (self.lower, self.norms, self.upper, self.projections)
        for x, lower, norm, upper, project in zip(sequences, *networks, strict=True):
            states, (below, _) = lower(x)
            _, (above, _) = upper(norm(states))
            last = torch.cat([below, above]).transpose(0, 1).flatten(1)
            vectors.append(project(last).relu())
        private = [f(v).sigmoid() for f, v in zip(self.private, vectors, strict=True)]
        tokens = torch.stack(private + [self.shared(v).sigmoid() for v in vectors], 1)
        return self.head(self.fusion(tokens).flatten(1))


class Crossmodal(nn.Module):
    """The core of `mult`: six crossmodal transformers, and one over the results for each target."""

    def __init__(self, model):
        super().__init__()
        layers = model.n_layers
        width, heads, rate = model.model_dim, model.num_heads, model.dropout_rate
        options = {"dropout": rate, "batch_first": True, "norm_first": True}
        self.projections = nn.ModuleList(
            nn.Conv1d(w, width, model.kernel_size, padding="same") for w in model.widths
        )
        self.cross = nn.ModuleList(
            nn.ModuleList(CrossBlock(width, heads, rate) for _ in range(layers)) for _ in range(6)
        )
        self.own = nn.ModuleList(
            nn.TransformerEncoder(
                nn.TransformerEncoderLayer(2 * width, heads, 8 * width, **options),
                layers,
                enable_nested_tensor=False,
            )
            for _ in range(3)
        )
        self.head = _head(6 * width, 6 * width)

    def forward(self, sequences):
        sequences = [
            project(x.transpose(1, 2)).transpose(1, 2)
            for project, x in zip(self.projections, sequences, strict=True)
        ]
        transformers, vectors = iter(self.cross), []
        for i, own in enumerate(self.own):
            both = []
            for j in (j for j in range(3) if j != i):
                x = sequences[i]
                for block in next(transformers):
                    x = block(x, sequences[j])
                both.append(x)
            vectors.append(own(torch.cat(both, -1))[:, -1])
        return self.head(torch.cat(vectors, -1))


class CrossBlock(nn.Module):
    """A pre-norm transformer block whose keys and values come from another sequence."""

    def __init__(self, width, heads, rate):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, rate, batch_first=True)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(rate), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(rate)

    def forward(self, x, context):
        context = self.norms[1](context)
        attended, _ = self.attention(self.norms[0](x), context, context, need_weights=False)
        x = x + self.dropout(attended)
        return x + self.dropout(self.feed_forward(self.norms[2](x)))


class GatedEncoder(nn.Module):
    """The core of `mag`: a transformer over the text, its input shifted by audio and video."""

    def __init__(self, model):
        super().__init__()
        width, others = model.model_dim, (model.audio_dim, model.video_dim)
        self.project = nn.Linear(model.text_dim, width)
        self.gates = nn.ModuleList(nn.Linear(width + w, width) for w in others)
        self.shifts = nn.ModuleList(nn.Linear(w, width) for w in others)
        self.norm = nn.LayerNorm(width)
        layer = nn.TransformerEncoderLayer(
            width, model.num_heads, model.ff_dim, model.dropout_rate, "gelu", batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, model.n_layers, enable_nested_tensor=False)
        self.head = _head(width, width)

    def forward(self, sequences):
        text, *others = sequences
        hidden = self.project(text)
        audio, video = (
            gate(torch.cat([hidden, x], -1)).relu() * move(x)
            for gate, move, x in zip(self.gates, self.shifts, others, strict=True)
        )
        shift = audio + video
        ratio = hidden.norm(dim=-1, keepdim=True) / shift.norm(dim=-1, keepdim=True)
        return self.head(self.encoder(self.norm(hidden + ratio.clamp(max=1) * shift))[:, 0])


def _outer_product(vectors):
    """The tensor of `tfn`."""
    text, audio, video = (torch.cat([v, torch.ones_like(v[:, :1])], -1) for v in vectors)
    both = text[:, :, None] * audio[:, None]
    return (both.flatten(1)[:, :, None] * video[:, None]).flatten(1)


def _side_by_side(vectors):
    return torch.cat(vectors, -1)


def _tensor_fusion(model):
    width = (model.model_dim + 1) * (model.nonverbal_dim + 1) ** 2
    return LateLSTM(model, model.nonverbal_dim, False, _outer_product, (width, model.fusion_dim))


def _low_rank_fusion(model):
    width = model.model_dim + 2 * model.nonverbal_dim
    return LateLSTM(model, model.nonverbal_dim, False, _side_by_side, (width, model.model_dim))


def _self_supervised(model):
    width = model.model_dim + 2 * model.unimodal_dim
    return LateLSTM(model, model.unimodal_dim, True, _side_by_side, (width, model.model_dim))


def _head(inputs, width):
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, 1))


def _hidden_layer(inputs, hidden, outputs):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def _perceptron(inputs, width):
    layers = [nn.Linear(inputs, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))


CORES = {
    "ef_lstm": EarlyLSTM,
    "tfn": _tensor_fusion,
    "lmf": _low_rank_fusion,
    "self_mm": _self_supervised,
    "mfn": MemoryFusion,
    "misa": StackedBiLSTMs,
    "mult": Crossmodal,
    "mag": GatedEncoder,
}
