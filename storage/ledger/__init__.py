"""The truth of the work: claims, results, states of jobs and images."""
