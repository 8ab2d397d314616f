"""pytorch-forecasting's networks, made for windows of one length: nothing of a DataFrame, and nothing to pack."""

import warnings
from typing import Any

import torch
from pytorch_forecasting import DeepAR, NHiTS, TemporalFusionTransformer
from pytorch_forecasting.data.encoders import TorchNormalizer
from pytorch_forecasting.metrics import NormalDistributionLoss, QuantileLoss
from pytorch_forecasting.models.nhits.sub_modules import NHiTSBlock
from torch import Tensor, nn

from services.training.learners.forecasting_shape import Shape

TARGET, SYMBOL = "close", "symbol"
KNOWN = ("step", "sine", "cosine")
WIDEST_EMBEDDING = 8


class PlainLSTM(nn.LSTM):
    """An LSTM that is told lengths and passes over them: all are the same here, and packing cannot be exported."""

    def forward(self, x: Tensor, hx: Any = None, lengths: Tensor | None = None, *, enforce_sorted: bool = True) -> Any:  # type: ignore[override]  # theirs
        """Run over whole sequences."""
        del lengths, enforce_sorted
        return super().forward(x, hx)


class PlainBlock(NHiTSBlock):  # type: ignore[misc]  # without types
    """A block of N-HiTS that reads how many rows there are from its input, not once and for all when it is exported."""

    def forward(self, encoder_y: Tensor, encoder_x_t: Tensor, decoder_x_t: Tensor, x_s: None) -> tuple[Tensor, Tensor]:
        """Return backcast and forecast, as the library's own block does."""
        del x_s
        pooled = self.pooling_layer(encoder_y.transpose(1, 2)).transpose(1, 2).flatten(1)
        theta = self.layers(torch.cat((pooled, encoder_x_t.flatten(1), decoder_x_t.flatten(1)), 1))
        length, outputs = self.context_length, len(self.output_size)
        past, ahead = theta[:, : length * outputs].reshape(-1, length), theta[:, length * outputs :].reshape(-1, self.n_theta)
        backcast, forecast = self.basis(past, ahead, encoder_x_t, decoder_x_t)
        backcast = backcast.reshape(-1, outputs, length).transpose(1, 2)
        return backcast, forecast.reshape(-1, sum(self.output_size), self.prediction_length).transpose(1, 2)


def make_library_network(shape: Shape) -> Any:
    """Return the network of the shape's kind. Its inputs' order: the close, the features, step, sine and cosine of the calendar."""
    features = [f"feature_{place}" for place in range(len(shape.columns.others))]
    common: dict[str, Any] = {
        "x_reals": [TARGET, *features, *KNOWN],
        "time_varying_reals_encoder": [TARGET, *features, *KNOWN],
        "time_varying_reals_decoder": list(KNOWN),
        "dropout": shape.dropout,
        "hidden_size": shape.hidden_size,
        # The scaling is ours: networks see and say what is scaled already.
        "output_transformer": TorchNormalizer(method="identity"),
        "dataset_parameters": {"target": TARGET},
        "logging_metrics": nn.ModuleList([]),
    }
    with warnings.catch_warnings():
        # Lightning warns that losses are modules, whose parameters a checkpoint of its own would hold twice.
        warnings.filterwarnings("ignore", message="Attribute .* is an instance of `nn.Module`")
        network = _made(shape, common)
    for block in network.modules():
        if isinstance(block, NHiTSBlock):
            block.__class__ = PlainBlock
    for name, part in list(network.named_children()):
        if isinstance(part, nn.LSTM):
            setattr(network, name, _plain(part))
    return network


def _made(shape: Shape, common: dict[str, Any]) -> Any:
    features = common["x_reals"][1 : -len(KNOWN)]
    quantiles = {"loss": QuantileLoss(list(shape.levels)), "output_size": len(shape.levels)}
    match shape.kind:
        case "TFT":
            return TemporalFusionTransformer(
                **common,
                **quantiles,
                max_encoder_length=shape.encoder_length,
                attention_head_size=shape.attention_head_size,
                lstm_layers=shape.layers,
                hidden_continuous_size=min(8, shape.hidden_size),
                **_told_apart(shape),
            )
        case "NHITS":
            return NHiTS(**common, **quantiles, context_length=shape.encoder_length, prediction_length=shape.horizon)
        case "DEEPAR":
            common |= {"time_varying_reals_decoder": [*features, *KNOWN]}
            return DeepAR(**common, target=TARGET, rnn_layers=shape.layers, loss=NormalDistributionLoss(quantiles=list(shape.levels)))


def _told_apart(shape: Shape) -> dict[str, Any]:
    """Return what makes the symbol a static category; the first is for symbols that were not trained on."""
    if not shape.symbols:
        return {}
    categories = shape.symbols + 1
    return {
        "static_categoricals": [SYMBOL],
        "x_categoricals": [SYMBOL],
        "embedding_sizes": {SYMBOL: (categories, min(WIDEST_EMBEDDING, categories))},
    }


def _plain(part: nn.LSTM) -> PlainLSTM:
    """Return the same LSTM, weights and all."""
    plain = PlainLSTM(part.input_size, part.hidden_size, num_layers=part.num_layers, dropout=part.dropout, batch_first=True)
    plain.load_state_dict(part.state_dict())
    return plain
