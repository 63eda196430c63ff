"""Learning: labels, trainings, the registry of models, labelled embeddings, predictions."""
