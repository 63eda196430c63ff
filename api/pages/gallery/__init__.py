"""The gallery: images and jobs, for any key."""
