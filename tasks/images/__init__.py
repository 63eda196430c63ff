"""The processing of images: claims, child processes, results."""
