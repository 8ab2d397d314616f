"""Where candles come from that go on coming: the port, its adapters, and how one is asked patiently."""
