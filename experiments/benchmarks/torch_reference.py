"""The architecture of `MSASeqLevelModel` in PyTorch (optional: requirements-torch.txt)."""

from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]


class TorchBlock(nn.Module):
    """Post-norm transformer block on `scaled_dot_product_attention`, with fused projections.

    Args:
        size: A `Size`.
        cross: Whether the block attends to another sequence.
    """

    def __init__(self, size, cross):
        super().__init__()
        width = size.model_dim
        self.heads, self.rate, self.cross = size.num_heads, size.dropout_rate, cross
        # The rows of the kernel are query, key and value.
        self.projection = nn.Linear(width, 3 * width)
        self.attention_output = nn.Linear(width, width, bias=False)
        self.expand, self.contract = nn.Linear(width, size.ff_dim), nn.Linear(size.ff_dim, width)
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(size.dropout_rate)

    def forward(self, query, context, context_valid):
        queries, keys, values = (self._split_heads(x) for x in self._project(query, context))
        heads = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=context_valid[:, None, None, :],
            dropout_p=self.rate if self.training else 0.0,
        )
        attended = self.attention_output(heads.transpose(1, 2).flatten(2))
        x = self.attention_norm(query + self.dropout(attended))
        inner = functional.gelu(self.expand(x), approximate="tanh")
        return self.feed_forward_norm(x + self.dropout(self.contract(self.dropout(inner))))

    def _project(self, query, context):
        if not self.cross:
            return self.projection(query).chunk(3, dim=-1)
        width = query.shape[-1]
        kernel, bias = self.projection.weight, self.projection.bias
        queries = functional.linear(query, kernel[:width], bias[:width])
        both = functional.linear(context, kernel[width:], bias[width:])
        return queries, *both.chunk(2, dim=-1)

    def _split_heads(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def load(self, weights):
        """Load the weights of a block from `export_weights`."""
        kernels, biases = zip(*(weights[name] for name in ("query", "key", "value")), strict=True)
        tensors = [torch.from_numpy(x) for x in kernels], [torch.from_numpy(x) for x in biases]
        _set(self.projection, torch.cat(tensors[0], dim=1), torch.cat(tensors[1]))
        _set(self.attention_output, weights["attention_output"])
        for name in ("attention_norm", "expand", "contract", "feed_forward_norm"):
            _set(getattr(self, name), *weights[name])


class TorchModel(nn.Module):
    """`MSASeqLevelModel` (mean pooling, not aligned), with the same parameters and scores.

    Args:
        size: A `Size`.

    Call arguments:
        inputs: Three sequences `(batch, time, width)`; steps of zeros are padding.

    Returns:
        Scores `(batch, 1)`.
    """

    def __init__(self, size):
        super().__init__()
        width = size.model_dim
        self.projections = nn.ModuleList(nn.Linear(w, width) for w in size.widths)
        self.positions = nn.ParameterList(
            nn.Parameter(0.02 * torch.randn(size.seq_len, width)) for _ in size.widths
        )
        self.encoders: Any = nn.ModuleList(
            nn.ModuleList(TorchBlock(size, cross=False) for _ in range(size.n_layers))
            for _ in size.widths
        )
        self.fusion: Any = nn.ModuleList(TorchBlock(size, cross=True) for _ in range(2))
        self.weighting = nn.Linear(3 * width, 3)
        self.hidden = nn.Linear(width, width)
        self.output = nn.Linear(width, 1)
        self.dropout = nn.Dropout(size.dropout_rate)

    def forward(self, inputs):
        valid = [(x != 0).any(dim=-1) for x in inputs]
        text, audio, video = (self._encode(i, x, valid[i]) for i, x in enumerate(inputs))
        for block, context, context_valid in zip(
            self.fusion, (audio, video), valid[1:], strict=True
        ):
            text = block(text, context, context_valid)
        pooled = [
            (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
            for x, mask in zip((text, audio, video), valid, strict=True)
        ]
        weights = self.weighting(torch.cat(pooled, dim=-1)).softmax(-1)
        fused = (weights[..., None] * torch.stack(pooled, dim=1)).sum(1)
        hidden = functional.relu(self.hidden(self.dropout(fused)))
        return self.output(self.dropout(hidden))

    def _encode(self, i, x, valid):
        x = self.dropout(self.projections[i](x) + self.positions[i][: x.shape[1]])
        for block in self.encoders[i]:
            x = block(x, x, valid)
        return x

    def load(self, weights):
        """Load weights from `export_weights`."""
        for i, encoder in enumerate(weights["encoders"]):
            _set(self.projections[i], *encoder["projection"])
            self.positions[i].data.copy_(torch.from_numpy(encoder["positions"]))
            for block, values in zip(self.encoders[i], encoder["blocks"], strict=True):
                block.load(values)
        for block, values in zip(self.fusion, weights["fusion"], strict=True):
            block.load(values)
        for name in ("weighting", "hidden", "output"):
            _set(getattr(self, name), *weights[name])


def torch_training_step(
    size, batch, settings, compiled=False, bfloat16=False, weights=None, device="cpu"
):
    """Return a function without arguments that takes a training step and returns the loss.

    Args:
        size: A `Size`.
        batch: Sequences and scores, made by `make_batch`.
        settings: `TrainSettings` with learning rate, weight decay, clipping norm and Huber loss.
        compiled: Whether `torch.compile` compiles the model.
        bfloat16: Whether the model runs under `torch.autocast`.
        weights: Initial weights from `export_weights`; `None`: random weights.
        device: PyTorch's name of the device.
    """
    torch.manual_seed(0)
    model = TorchModel(size)
    if weights:
        model.load(weights)
    return module_step(model, batch, settings, compiled, bfloat16, device)


def module_step(model, batch, settings, compiled=False, bfloat16=False, device="cpu"):
    """Return the same for any module from three sequences to scores `(batch, 1)`."""
    model.train().to(device)
    parameters = dict(model.named_parameters())
    # As in `make_optimizer`: weight decay for matrices, not for biases, norms and positions.
    decayed = [p for n, p in parameters.items() if p.ndim > 1 and "positions" not in n]
    others = [p for n, p in parameters.items() if p.ndim < 2 or "positions" in n]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": settings.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
        eps=1e-7,
    )
    sequences, labels = _tensors(batch, device)
    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
            scores = forward(sequences)
        loss = functional.huber_loss(scores.float(), labels, delta=settings.huber_delta)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
        optimizer.step()
        return loss.item()

    return step


def torch_prediction(size, batch, weights):
    """Return a function without arguments that predicts a batch."""
    model = TorchModel(size).eval()
    model.load(weights)
    sequences, _ = _tensors(batch)

    def predict():
        with torch.inference_mode():
            return model(sequences).numpy()

    return predict


def torch_threads():
    """Return the number of threads of PyTorch."""
    return torch.get_num_threads()


def _tensors(batch, device="cpu"):
    def moved(x):
        return torch.from_numpy(x).to(device)

    sequences, labels = batch
    return tuple(moved(x) for x in sequences), moved(labels)


def _set(layer, weight, bias=None):
    """Set the weight of a layer (transposed if it is a kernel) and its bias."""
    with torch.no_grad():
        layer.weight.copy_(
            torch.as_tensor(weight).T if weight.ndim == 2 else torch.as_tensor(weight)
        )
        if bias is not None:
            layer.bias.copy_(torch.as_tensor(bias))
