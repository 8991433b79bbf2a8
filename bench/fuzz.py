"""Tens of thousands of damaged files through the whole of data in: `python -m bench.fuzz --inputs 20000 --seed 1`.

Each is kept, taken in by its format or by one forced on it, and found again byte by byte; every twentieth goes through
the API as well. Prints what it did, and every input that broke a promise, with the seed and number that make it.
"""

import argparse
import io
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random


def main() -> int:
    """Run, print, and return 1 if any promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="staygreen-fuzz.") as folder:
        os.environ.update(
            DATA_DIR=folder, DATABASE_URL=f"sqlite:///{folder}/db.sqlite3", DJANGO_SETTINGS_MODULE="config.settings",
            LOG_LEVEL="CRITICAL",
        )  # fmt: skip
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        import django
        from django.conf import settings

        from config import keys

        keys.make_missing(Path(folder))
        settings.SECRET_KEY = keys.secret_key(Path(folder))
        settings.RAW_KEYS = keys.raw_keys(Path(folder))
        settings.CONNECTION_KEYS = keys.connection_keys(Path(folder))
        settings.IDENTITY_KEY = keys.identity_key(Path(folder))
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        return _run(said.inputs, said.seed)


def _run(count: int, seed: int) -> int:
    from django.test import Client
    from django.utils import timezone

    from intake import imports, raw
    from intake.models import ImportRun, RejectedRow
    from intake.readers import READERS
    from sellers.models import SellerAccount, User
    from tests.mutations import inputs

    now = timezone.now()
    accounts = [
        SellerAccount.objects.create(
            key=f"fuzz-{code.lower()}", name=code, platform="amazon", marketplace=code, time_zone=zone
        )
        for code, zone in (("US", "America/Los_Angeles"), ("DE", "Europe/Berlin"), ("JP", "Asia/Tokyo"))
    ]
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("fuzz"))
    internal = RejectedRow.objects.filter(code="internal_error")
    states: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    broken: list[str] = []
    began = time.monotonic()
    for number, (name, content) in enumerate(inputs(seed, count)):
        chance = Random(f"{seed}:{number}:format")  # chance, not a secret
        account = accounts[number % len(accounts)]
        source = chance.choice(sorted(READERS)) if chance.random() < 0.2 else None
        try:
            run = imports.store(account, name, io.BytesIO(content), format=source, now=now)
            imports.run(run.pk, now=now)
            run.refresh_from_db()
            counts = run.counts()
            received = counts.pop("received")
            problems = [
                (run.state not in (ImportRun.State.DONE, ImportRun.State.FAILED), f"is {run.state}"),
                (received != sum(counts.values()), "rows do not add up"),
                (raw.open_item(run.raw_item).read() != content, "bytes are lost"),
                (
                    internal.filter(raw_item=run.raw_item_id).exists(),
                    "internal error",
                ),
            ]
            broken += [f"{name} as {source}: {what}" for is_so, what in problems if is_so]
            states[run.state] += 1
            rows.update(counts)
        except Exception:
            broken.append(f"{name} as {source}: {traceback.format_exc(limit=4)}")
        if number % 20 == 0:
            answer = client.post("/api/v1/files", {"account": account.key, "file": io.BytesIO(content or b" ")})
            states[f"API {answer.status_code}"] += 1
            if answer.status_code >= 500:
                broken.append(f"{name}: the API answered {answer.status_code}")
        if number % 1000 == 999:
            print(f"{number + 1:,} of {count:,} inputs, {len(broken)} broken promises", flush=True)
    print(f"{count:,} inputs with seed {seed} in {time.monotonic() - began:.0f} s")
    print("imports:", ", ".join(f"{count:,} {state}" for state, count in sorted(states.items())))
    print("rows:", ", ".join(f"{count:,} {name}" for name, count in rows.items()))
    for one in broken[:50]:
        print("BROKEN", one)
    print(f"{len(broken)} broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
