"""A declarative GitOps reconciler for the stock levels of a Webflow shop."""

__version__ = "0.1.0"
