"""Makes the pictures of the readme: the browser tests take them; the chosen ones are cut to size and made small."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
TAKEN, KEPT = ROOT / "screenshots", ROOT / "docs" / "images"

EVERY_PAGE = "tests/browser/test_every_page.py"
TESTS = (
    (EVERY_PAGE, "-k", "en-US", "--every-account", "--pages", "fleet,account,metric,queue"),
    (EVERY_PAGE, "-k", "zh-TW", "--pages", "assessment"),
    ("tests/browser/test_importing.py", "-k", "no_barrier"),
)
# In docs/images: which pictures of the tests stand in it side by side, and how many pixels are kept from the top.
PICTURES = {
    "fleet.png": (["fleet-us-desk-light"], 1508),
    "account.png": (["account-us-desk-light"], 1915),
    "metric.png": (["metric-us-desk-light"], 1915),
    "queue.png": (["queue-us-desk-light"], 1640),
    "chinese.png": (["assessment-tw-desk-light"], 1640),
    "phone.png": (["account-us-phone-dark", "metric-us-phone-dark", "fleet-us-phone-dark"], 900),
    "import.png": (["import-ready-desk-light"], 1000),
}
GAP, CLEAR = 36, (255, 0, 255)


def take() -> None:
    """Run the tests, on SQLite whatever the caller's shell has set."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        for chosen in TESTS:
            command = [sys.executable, "-m", "pytest", *chosen]
            subprocess.run(command, cwd=ROOT, env={**alone, "DATA_DIR": scratch}, check=True)  # noqa: S603  # our own


def beside(pictures: Sequence[Image.Image], height: int) -> Image.Image:
    """The upper parts of pictures of one width, side by side, with a gap to see through."""
    step = pictures[0].width + GAP
    joined = Image.new("RGB", (step * len(pictures) - GAP, min(height, *(one.height for one in pictures))), CLEAR)
    for number, picture in enumerate(pictures):
        joined.paste(picture, (step * number, 0))
    # A palette of 256 colours is what pages of few colours need; k-means keeps the pale ones apart.
    return joined.quantize(256, kmeans=5, dither=Image.Dither.NONE)


def keep() -> None:
    """Store each picture, small enough for a repository."""
    for name, (sources, height) in PICTURES.items():
        taken = [Image.open(TAKEN / f"{source}.png").convert("RGB") for source in sources]
        made = beside(taken, height)
        clear = {"transparency": made.getpixel((taken[0].width, 0))} if len(taken) > 1 else {}
        made.save(KEPT / name, optimize=True, **clear)
        print(f"docs/images/{name}: {made.width} x {made.height}, {(KEPT / name).stat().st_size // 1000} kB")


if __name__ == "__main__":
    take()
    keep()
