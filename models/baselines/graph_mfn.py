"""The Memory Fusion Network with a Dynamic Fusion Graph."""

import keras
from keras import ops

from .dynamic_fusion_graph import DynamicFusionGraph
from .memory_fusion import MemoryFusionCell, MemoryFusionModel


@keras.saving.register_keras_serializable(package="msa")
class GraphMemoryCell(MemoryFusionCell):
    """One step of `GraphMFN`: a `DynamicFusionGraph` over the LSTMs' `h` before and after.

    Each modality's vertex is `relu(W_m [h_{t-1}^m; h_t^m] + b_m)`, `model_dim` wide; `s_t` is the
    graph's output. Other arguments and the call: see `MemoryFusionCell`.

    Args:
        node_dim: Width of the graph's other vertices and of its output.
    """

    def __init__(
        self, widths, model_dim, memory_dim, hidden_dim, dropout_rate=0.0, node_dim=32, **kwargs
    ):
        super().__init__(widths, model_dim, memory_dim, hidden_dim, dropout_rate, **kwargs)
        self.node_dim = node_dim
        policy = self.dtype_policy
        self.vertices = [
            keras.layers.Dense(model_dim, activation="relu", dtype=policy, name=f"vertex_{i}")
            for i in range(len(widths))
        ]
        self.graph = DynamicFusionGraph(
            model_dim, node_dim, hidden_dim, len(widths), dropout_rate, dtype=policy, name="graph"
        )

    @property
    def fused_dim(self):
        return self.node_dim

    def build(self, input_shape):
        for vertex in self.vertices:
            vertex.build((None, 2 * self.model_dim))
        self.graph.build([(None, self.model_dim)] * len(self.widths))
        super().build(input_shape)

    def fuse(self, before, after, training):
        vertices = [
            vertex(ops.concatenate([old, new], axis=-1))
            for vertex, (old, _), (new, _) in zip(self.vertices, before, after, strict=True)
        ]
        return self.graph(vertices, training=training)[0]


@keras.saving.register_keras_serializable(package="msa")
class GraphMFN(MemoryFusionModel):
    """Graph Memory Fusion Network: `MFN` with a graph of all sets of modalities for attention.

    At each step every modality's LSTM moves on. Its `h` before and after the step make the
    modality's vertex in a `DynamicFusionGraph`, whose output `s` is written into the multi-view
    gated memory `u`. `D` are networks of one hidden layer:

        h_t^m, c_t^m = LSTM_m(x_t^m, h_{t-1}^m, c_{t-1}^m),  m in {text, audio, video}
        v_m = relu(W_m [h_{t-1}^m; h_t^m] + b_m)
        s   = DynamicFusionGraph(v_text, v_audio, v_video)
        g_1 = sigmoid(D_1([s; u_{t-1}])),  g_2 = sigmoid(D_2([s; u_{t-1}]))
        u_t = g_1 * u_{t-1} + g_2 * tanh(D_u(s))
        y   = W relu(V [h_n of all m; u_n] + b) + d,  n the last step

    Args:
        node_dim: Width of the vertices of two and three modalities, and of the output.

    Further arguments: see `MemoryFusionModel`; the call, its output and its errors: see
    `MultimodalModel`.

    Differences from the paper:
        Two details are taken from MMSA: `v_m` sees `h`, not `c`, and the gates see `u_{t-1}` too.
        Efficacies lie between 0 and 1, as in the paper's figures. The authors' code, which holds
        only the graph, and MMSA, which copies it, leave them unbounded. The graph's networks have a
        hidden layer with ReLU; MMSA's are linear. In both codes the networks of the larger sets are
        never trained: they stand in a plain dictionary, which PyTorch's `parameters()` does not
        see. The three LSTMs are equally wide, and one hidden width and one
        dropout rate serve all networks. A step without any modality is left out, a modality that
        a step lacks counts as zeros; shorter modalities are padded at the end.

    Example:
        >>> model = GraphMFN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                  model_dim=8, node_dim=4)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Zadeh, Liang, Poria, Cambria and Morency, 2018, "Multimodal Language Analysis in the Wild:
        CMU-MOSEI Dataset and Interpretable Dynamic Fusion Graph", ACL.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=64,
        memory_dim=128,
        hidden_dim=64,
        node_dim=32,
        dropout_rate=0.2,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        sizes = (model_dim, memory_dim, hidden_dim, dropout_rate)
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, *sizes, num_classes, num_outputs, **kwargs)
        self.node_dim = node_dim
        self.recurrence = self.make_recurrence(GraphMemoryCell, node_dim=node_dim)
