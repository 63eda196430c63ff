"""Upload a picture, wait for its end, read what was found, and save a thumbnail."""

from minilab_client import ApiError, Minilab

with Minilab() as minilab:  # MINILAB_URL and MINILAB_API_KEY, or Minilab(url, key)
    try:
        job = minilab.upload("portrait.jpg", wait=True)
    except ApiError as error:
        raise SystemExit(f"{error.code}: {error.detail}") from error
    for item in job.items:
        if item.error or not item.image_id:
            print(item.filename, "was refused:", item.error and item.error.title)
            continue
        image = minilab.images.get_image(item.image_id)
        boxes = [face.box for face in image.faces or []]
        print(image.filename, image.width, image.height, boxes)
        minilab.download(image.id, "thumbnail.webp", variant="thumbnail")
