"""Speed, side by side with the peers. Figures and how to get them again: docs/performance.md."""
