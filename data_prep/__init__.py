"""Data preparation: published datasets and made-up ones become the ArrayRecord shards that jaxvid reads."""
