"""Technical indicators, one function a family: a segment's bars and the parameters in, one value a bar out (NaN while warming up)."""
