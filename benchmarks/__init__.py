"""How fast the product is, as ratios measured side by side in one run."""
