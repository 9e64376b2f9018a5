"""Training of the model, offline: needs the extra `train`; the service never imports it."""
