"""A million rows of an orders report in the background: `python -m bench.million --rows 1000000`.

Starts the product as `manage.py up` does, in a folder of its own, sends the file through the API, and watches until it
is in: the memory of every process, the progress that is shown, and how long a request takes meanwhile.
"""

import argparse
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t"
    "sales-channel\torder-channel\tship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\t"
    "item-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\titem-promotion-discount\t"
    "ship-promotion-discount\tship-city\tship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\t"
    "purchase-order-number\tprice-designation"
)


def lines(rows: int, seed: int = 1) -> Iterator[str]:
    """The report: one order a row, one in ten with a second article."""
    chance = random.Random(seed)  # chance, not a secret
    yield COLUMNS
    written = 0
    while written < rows:
        number = f"{111 + written % 800}-{written // 1000:07d}-{written:07d}"
        day, hour = 1 + written % 28, written % 24
        bought = f"2026-10-{day:02d}T{hour:02d}:05:12+00:00"
        status = chance.choice(("Shipped", "Shipped", "Shipped", "Cancelled"))
        for article in range(2 if written % 10 == 0 else 1):
            yield (
                f"{number}\t{number}\t{bought}\t2026-10-30T09:11:40+00:00\t{status}\tMerchant\tAmazon.com\t\tStandard\t"
                f"Desk lamp, black\tLAMP-{article}\tB0TEST0001\t{status}\t1\tUSD\t34.99\t2.89\t0.0\t\t\t\t\t\tSEATTLE\t"
                "WA\t98101\tUS\t\tfalse\t\t"
            )
            written += 1


def main() -> int:
    """Run, print and return 1 if the memory limit was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--limit-mb", type=int, default=300)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="staygreen-million.") as folder:
        report = Path(folder) / "orders.tsv"
        with report.open("w") as out:
            out.writelines(f"{line}\n" for line in lines(said.rows))
        print(f"{said.rows:,} rows, {report.stat().st_size / 2**20:,.0f} MiB")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "DATA_DIR": f"{folder}/data", "PORT": str(port)}
        environment.pop("DATABASE_URL", None)

        def manage(*words: str) -> str:
            return subprocess.run(
                [sys.executable, "manage.py", *words],
                cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip

        manage("prepare")
        manage("account", "big", "--platform", "amazon", "--zone", "America/Los_Angeles", "--marketplace", "US")
        token = re.findall(r"\S{40,}", manage("token", "million", "--accounts", "big", "--scopes", "read,ingest"))[-1]
        running = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return _watch(running, report, f"http://127.0.0.1:{port}", token, said.limit_mb)
        finally:
            running.terminate()
            running.wait(30)


def _watch(running: subprocess.Popen[bytes], report: Path, base: str, token: str, limit_mb: int) -> int:
    for _try in range(120):
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=2).read()  # our own server
            break
        except OSError:
            time.sleep(0.5)
    sent = subprocess.run(
        ["curl", "-sS", "-H", f"Authorization: Bearer {token}", "-F", "account=big", "-F", f"file=@{report}",
         f"{base}/api/v1/files"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    number = json.loads(sent.stdout)["id"]
    began = time.monotonic()
    most: dict[str, float] = {}
    waits: list[float] = []
    shown = 0
    while True:
        before = time.monotonic()
        now = _get(f"{base}/api/v1/imports/{number}", token)
        waits.append(time.monotonic() - before)
        before = time.monotonic()
        _get(f"{base}/api/v1/accounts", token)
        waits.append(time.monotonic() - before)
        parent = psutil.Process(running.pid)
        for process in (parent, *parent.children(recursive=True)):
            name = f"{process.pid} {' '.join(process.cmdline())[-40:]}"
            most[name] = max(most.get(name, 0), process.memory_info().rss / 2**20)
        if now["received"] >= shown + 100_000:
            shown = now["received"]
            print(
                f"{shown:>10,} records after {time.monotonic() - began:5.0f} s, {max(most.values()):.0f} MiB",
                flush=True,
            )
        if now["state"] in ("done", "failed"):
            break
        time.sleep(1)  # two requests a second stay below what a token may ask for
    seconds = time.monotonic() - began
    print(f"{now['state']} in {seconds:.0f} s: {now['received']:,} received = {now['created']:,} created + "
          f"{now['quarantined']:,} set aside")  # fmt: skip
    for name, size in sorted(most.items(), key=lambda pair: -pair[1]):
        print(f"{size:6.0f} MiB at most: {name}")
    ordered = sorted(waits)
    print(f"{len(waits)} requests meanwhile: median {1000 * statistics.median(waits):.0f} ms, 95 % within "
          f"{1000 * ordered[int(0.95 * len(ordered))]:.0f} ms, longest {1000 * ordered[-1]:.0f} ms")  # fmt: skip
    return int(now["state"] != "done" or max(most.values()) > limit_mb)


def _get(address: str, token: str) -> dict[str, object]:
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # our own
    with urllib.request.urlopen(asked, timeout=60) as answer:  # our own server
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
