"""The training step of a text encoder in `transformers`; optional: requirements-torch.txt."""

import torch  # pyright: ignore[reportMissingImports]
import transformers  # pyright: ignore[reportMissingImports]

from experiments.benchmarks.contenders import SETTINGS


def torch_encoder_step(sizes, ids, bfloat16):
    """Return a function without arguments that takes a training step and returns the loss.

    Args:
        sizes: Arguments of a BERT of `keras_hub`.
        ids: Token ids `(texts, tokens)` without special tokens; -1: none.
        bfloat16: Whether the step runs under `torch.autocast`.
    """
    torch.manual_seed(0)
    model = transformers.BertModel(
        transformers.BertConfig(
            num_hidden_layers=sizes["num_layers"],
            num_attention_heads=sizes["num_heads"],
            hidden_size=sizes["hidden_dim"],
            intermediate_size=sizes["intermediate_dim"],
        ),
        add_pooling_layer=False,
    ).train()
    model.embeddings.requires_grad_(False)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, SETTINGS.learning_rate, weight_decay=SETTINGS.weight_decay
    )
    # Two more columns stand for the special tokens.
    padded = torch.nn.functional.pad(torch.from_numpy(ids), (2, 0), value=1).long()
    mask = (padded >= 0).long()
    padded = padded.clamp(min=0)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            hidden = model(padded, attention_mask=mask).last_hidden_state.float()
        weight = mask[..., None].float()
        vectors = (hidden * weight).sum(1) / weight.sum(1)
        loss = ((vectors - 1.0) ** 2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, SETTINGS.clip_norm)
        optimizer.step()
        return loss.item()

    return step
