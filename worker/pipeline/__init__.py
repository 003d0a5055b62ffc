"""The stages that turn a claimed request into a published lesson."""
