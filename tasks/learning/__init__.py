"""The learner: trains models, predicts stored images again, and watches what arrives."""
