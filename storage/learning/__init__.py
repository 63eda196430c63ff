"""Learning: trainings, the registry of models, labelled embeddings, predictions of images."""
