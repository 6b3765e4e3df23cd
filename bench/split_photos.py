"""Split a folder of photos: nine of ten to train on, every tenth by name to measure with.

python bench/split_photos.py PHOTOS SPLIT      makes SPLIT/train and SPLIT/test, of links
"""

import sys
from pathlib import Path

EVERY = 10


def main() -> None:
    """Link the photos of one folder into two."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    photos, split = (Path(each) for each in sys.argv[1:])
    for number, photo in enumerate(sorted(photos.glob("*.jpg")), 1):
        folder = split / ("train" if number % EVERY else "test")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / photo.name).symlink_to(photo.resolve())


if __name__ == "__main__":
    main()
